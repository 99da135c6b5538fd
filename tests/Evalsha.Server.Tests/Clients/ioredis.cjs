// ioredis against the server whose port is the first argument: pub/sub, pipelines, transactions, scripts, streams, blocking, reconnection, restart.
// Always: exits with 0 when everything was as expected, and throws otherwise.
const assert = require('assert');
const Redis = require('ioredis');
const { restarting } = require('./restart.cjs');
const port = Number(process.argv[2]);
const options = { port, host: '127.0.0.1', maxRetriesPerRequest: null, retryStrategy: () => 20 };

function connect(name) {
  const client = new Redis({ ...options, connectionName: name });
  client.on('error', () => {}); // A refused attempt to come back is followed by another.
  return client;
}

async function publishUntilHeard(client, channel, message) {
  while ((await client.publish(channel, message)) === 0) await new Promise((resolve) => setImmediate(resolve));
}

async function pubSub(client, subscriber) {
  const heard = [];
  subscriber.on('message', (channel, message) => heard.push([channel, message]));
  subscriber.on('pmessage', (pattern, channel, message) => heard.push([pattern, channel, message]));
  assert.equal(await subscriber.subscribe('news', 'other'), 2);
  assert.equal(await subscriber.psubscribe('n*'), 3);
  assert.equal(await client.publish('news', 'hello'), 2);
  assert.equal(await client.publish('nobody', 'x'), 1);
  const shard = connect('shard');
  const sharded = new Promise((resolve) => shard.on('smessage', (...message) => resolve(message)));
  assert.equal(await shard.ssubscribe('shard', 'shard2'), 2);
  assert.deepEqual(await client.pubsub('SHARDNUMSUB', 'shard'), ['shard', 1]);
  assert.equal(await client.spublish('shard', 'deep'), 1);
  assert.deepEqual(await sharded, ['shard', 'deep']);
  assert.equal(await shard.sunsubscribe('shard'), 1);
  assert.equal(await client.spublish('shard', 'nobody'), 0);
  await shard.quit();
  assert.deepEqual(await subscriber.ping('still'), ['pong', 'still']); // RESP2's form for a subscriber
  assert.deepEqual(heard, [['news', 'hello'], ['n*', 'news', 'hello'], ['n*', 'nobody', 'x']]);
  assert.equal(await subscriber.unsubscribe('news', 'other'), 1);
  assert.equal(await subscriber.punsubscribe(), 0);

  await client.config('SET', 'notify-keyspace-events', 'KEA');
  const event = new Promise((resolve) => subscriber.on('message', (channel, message) => resolve([channel, message])));
  await subscriber.subscribe('__keyevent@0__:set');
  await client.set('k', '1');
  assert.deepEqual(await event, ['__keyevent@0__:set', 'k']);
}

async function pipelinesAndTransactions(client, other) {
  const answers = await client.pipeline().set('k', '1').incr('k').get('k').lpush('k', 'x').exec();
  assert.deepEqual(answers.slice(0, 3), [[null, 'OK'], [null, 2], [null, '2']]);
  assert.match(answers[3][0].message, /WRONGTYPE/);
  const many = client.pipeline();
  for (let i = 0; i < 5000; i++) many.incr('many');
  assert.deepEqual((await many.exec())[4999], [null, 5000]);
  const unawaited = Array.from({ length: 1000 }, () => client.incr('many'));
  assert.equal((await Promise.all(unawaited))[999], 6000);

  assert.deepEqual(await client.multi().set('t', 'v').get('t').exec(), [[null, 'OK'], [null, 'v']]);
  assert.deepEqual(await client.multi({ pipeline: false }), 'OK');
  assert.equal(await client.set('t', 'w'), 'QUEUED');
  assert.deepEqual(await client.exec(), [[null, 'OK']]);
  await assert.rejects(client.multi().set('t').exec(), /EXECABORT/);
  await client.watch('t');
  await other.set('t', 'changed');
  assert.equal(await client.multi().set('t', 'mine').exec(), null);
  await client.watch('t');
  await other.set('u', 'changed');
  assert.deepEqual(await client.multi().set('t', 'mine').exec(), [[null, 'OK']]);
  await client.watch('t');
  await other.set('t', 'again');
  await client.unwatch();
  assert.deepEqual(await client.multi().get('t').exec(), [[null, 'again']]);
}

async function scripts(client) {
  client.defineCommand('add', { numberOfKeys: 1, lua: 'return redis.call("INCRBY", KEYS[1], ARGV[1])' });
  client.defineCommand('spread', { lua: 'return { KEYS[1], KEYS[2], ARGV[1], cjson.encode({ n = 1 }), false, 3.9 }' });
  assert.equal(await client.add('sum', 5), 5);
  await client.script('FLUSH');
  assert.equal(await client.add('sum', 5), 10);
  assert.deepEqual(await client.spread(2, 'a', 'b', 'c'), ['a', 'b', 'c', '{"n":1}', null, 3]);
  await client.script('FLUSH');
  assert.deepEqual((await client.pipeline().add('sum', 1).add('sum', 1).exec()).map(([error, value]) => value), [11, 12]);
  await client.script('FLUSH');
  await assert.rejects(client.evalsha('e0e1f9fabfc9d4800c877a703b823ac0578ff8db', 0), /NOSCRIPT/);
  await client.function('LOAD', 'REPLACE', '#!lua name=lib\nredis.register_function("twice", function(keys, args) return args[1] * 2 end)');
  assert.equal(await client.fcall('twice', 0, 21), 42);
}

async function streamsAndBlocking(client, other) {
  const id = await client.xadd('stream', '*', 'f', 'v');
  assert.deepEqual(await client.xrange('stream', '-', '+'), [[id, ['f', 'v']]]);
  const read = client.xread('BLOCK', 0, 'COUNT', 10, 'STREAMS', 'stream', 'stream2', '$', '0');
  await other.xadd('stream2', '5-1', 'a', 'b');
  assert.deepEqual(await read, [['stream2', [['5-1', ['a', 'b']]]]]);
  assert.equal(await client.xread('BLOCK', 1, 'STREAMS', 'stream', '$'), null);
  const late = client.xread('BLOCK', 60000, 'STREAMS', 'stream', id);
  const next = await other.xadd('stream', 'MAXLEN', '~', 1000, '*', 'f', 'w');
  assert.deepEqual(await late, [['stream', [[next, ['f', 'w']]]]]);

  const popped = client.blpop('list', 0);
  await other.rpush('list', 'a');
  assert.deepEqual(await popped, ['list', 'a']);
  const least = client.bzpopmin('zset', 0);
  await other.zadd('zset', 2, 'b', 1, 'a');
  assert.deepEqual(await least, ['zset', 'a', '1']);
  const moved = client.blmove('from', 'to', 'LEFT', 'RIGHT', 0);
  await other.rpush('from', 'x');
  assert.equal(await moved, 'x');
  assert.equal(await client.blpop('nothing', 0.01), null);

  const monitor = await connect('monitor').monitor();
  const shown = new Promise((resolve) => monitor.on('monitor', (time, args) => resolve(args)));
  await client.set('watched', '1');
  assert.deepEqual(await shown, ['set', 'watched', '1']);
  monitor.disconnect();
}

// Its connection is killed: it comes back, and subscribes again.
async function reconnection(client, subscriber) {
  const back = new Promise((resolve) => subscriber.once('ready', resolve));
  const again = new Promise((resolve) => subscriber.on('message', (channel, message) => message === 'after' && resolve(channel)));
  await subscriber.subscribe('news');
  assert.equal(await client.client('KILL', 'TYPE', 'pubsub'), 1);
  await back;
  await publishUntilHeard(client, 'news', 'after');
  assert.equal(await again, 'news');
}

// The server stops and another comes up in its place, from the same log: connections, subscriptions, scripts and who waited are there again.
async function restart(client, subscriber, other) {
  const waiting = other.blpop('after restart', 0);
  const again = new Promise((resolve) => subscriber.on('message', (channel, message) => message === 'restarted' && resolve(channel)));
  await restarting();
  assert.equal(await client.get('sum'), '12');
  assert.equal(await client.add('sum', 5), 17); // EVALSHA of what the new server has never seen
  assert.equal(await client.fcall('twice', 0, 4), 8);
  assert.equal(await client.client('GETNAME'), 'client');
  await publishUntilHeard(client, 'news', 'restarted');
  assert.equal(await again, 'news');
  await client.rpush('after restart', 'x');
  assert.deepEqual(await waiting, ['after restart', 'x']);
}

async function main() {
  const client = connect('client');
  const subscriber = connect('subscriber');
  const other = connect('other');
  await client.flushall();
  await pubSub(client, subscriber);
  await pipelinesAndTransactions(client, other);
  await scripts(client);
  await streamsAndBlocking(client, other);
  await reconnection(client, subscriber);
  await restart(client, subscriber, other);
  for (const one of [client, subscriber, other]) one.disconnect();
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
