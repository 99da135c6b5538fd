// node-redis against the server whose port is the first argument, in the RESP version that is the second: the same as ioredis.cjs asks for.
// Always: exits with 0 when everything was as expected, and throws otherwise.
const assert = require('assert');
const { createClient, defineScript, WatchError } = require('redis');
const { restarting } = require('./restart.cjs');
const port = Number(process.argv[2]);
const RESP = Number(process.argv[3]);

const script = (keys, SCRIPT) => defineScript({
  NUMBER_OF_KEYS: keys,
  SCRIPT,
  parseCommand(parser, key, ...rest) {
    parser.pushKey(key);
    parser.push(...rest.map(String));
  },
  transformReply: (reply) => reply,
});

async function connect(name) {
  const client = createClient({
    RESP, name, unstableResp3: true,
    socket: { port, host: '127.0.0.1', reconnectStrategy: () => 20 },
    scripts: {
      add: script(1, 'return redis.call("INCRBY", KEYS[1], ARGV[1])'),
      fields: script(1, 'redis.call("HSET", KEYS[1], "f", ARGV[1]) redis.setresp(3) return redis.call("HGETALL", KEYS[1])'),
    },
  });
  client.on('error', () => {}); // A refused attempt to come back is followed by another.
  await client.connect();
  return client;
}

async function publishUntilHeard(client, channel, message) {
  while ((await client.publish(channel, message)) === 0) await new Promise((resolve) => setImmediate(resolve));
}

async function pubSub(client, subscriber) {
  const heard = [];
  await subscriber.subscribe('news', (message, channel) => heard.push([channel, message]));
  await subscriber.pSubscribe('n*', (message, channel) => heard.push(['n*', channel, message]));
  assert.equal(await client.publish('news', 'hello'), 2);
  assert.equal(await client.publish('nobody', 'x'), 1);
  assert.equal(await subscriber.ping(), RESP === 2 ? 'pong' : 'PONG'); // RESP2 has a form of its own for a subscriber
  assert.deepEqual(heard, [['news', 'hello'], ['n*', 'news', 'hello'], ['n*', 'nobody', 'x']]);
  const deep = new Promise((resolve) => subscriber.sSubscribe('shard', (message) => resolve(message)).then(() => client.sPublish('shard', 'deep')));
  assert.equal(await deep, 'deep');
  assert.deepEqual(await client.pubSubChannels(), ['news']);
  assert.deepEqual(await client.pubSubShardChannels(), ['shard']);
  assert.equal(await client.pubSubNumPat(), 1);
  if (RESP === 3) assert.equal(await subscriber.get('k'), null); // A subscriber may say anything.
  await subscriber.sUnsubscribe('shard');
  await subscriber.pUnsubscribe('n*');
  await subscriber.unsubscribe('news');

  await client.configSet('notify-keyspace-events', 'KEA');
  const event = new Promise((resolve) => subscriber.subscribe('__keyevent@0__:set', resolve).then(() => client.set('k', '1')));
  assert.equal(await event, 'k');
  await subscriber.unsubscribe();
}

async function pipelinesAndTransactions(client, other) {
  assert.deepEqual(await Promise.all([client.set('k', '1'), client.incr('k'), client.get('k')]), ['OK', 2, '2']);
  const many = await Promise.all(Array.from({ length: 5000 }, () => client.incr('many')));
  assert.equal(many[4999], 5000);
  assert.deepEqual(await client.multi().set('p', '1').incr('p').execAsPipeline(), ['OK', 2]);
  await assert.rejects(client.lPush('k', 'x'), /WRONGTYPE/);

  assert.deepEqual(await client.multi().set('t', 'v').get('t').exec(), ['OK', 'v']);
  const failing = await client.multi().set('t', 'v').lPush('t', 'x').get('t').execTyped().catch((error) => error.replies);
  assert.equal(failing[0], 'OK');
  assert.match(failing[1].message, /WRONGTYPE/);
  assert.equal(failing[2], 'v');
  await client.watch('t');
  await other.set('t', 'changed');
  await assert.rejects(client.multi().set('t', 'mine').exec(), WatchError);
  await client.watch(['t', 'u']);
  await other.set('elsewhere', 'changed');
  assert.deepEqual(await client.multi().set('t', 'mine').exec(), ['OK']);
  await client.watch('t');
  await other.set('t', 'again');
  await client.unwatch();
  assert.deepEqual(await client.multi().get('t').exec(), ['again']);
}

async function scripts(client) {
  assert.equal(await client.add('sum', 5), 5);
  await client.scriptFlush();
  assert.equal(await client.add('sum', 5), 10);
  await client.scriptFlush();
  assert.deepEqual(await client.multi().add('sum', 1).add('sum', 1).exec(), [11, 12]);
  assert.deepEqual(await client.eval('return {KEYS[1], ARGV[1], false}', { keys: ['a'], arguments: ['b'] }), ['a', 'b', null]);
  await assert.rejects(client.evalSha('e0e1f9fabfc9d4800c877a703b823ac0578ff8db'), /NOSCRIPT/);
  await client.functionLoad('#!lua name=lib\nredis.register_function("twice", function(keys, args) return args[1] * 2 end)', { REPLACE: true });
  assert.equal(await client.fCall('twice', { arguments: ['21'] }), 42);
  assert.deepEqual(await client.fields('scripted', 'v'), RESP === 3 ? Object.assign(Object.create(null), { f: 'v' }) : ['f', 'v']);
}

// What has a type of its own in RESP3 is the same to a program in both.
async function types(client) {
  await client.hSet('hash', { a: '1', b: '2' });
  assert.deepEqual({ ...await client.hGetAll('hash') }, { a: '1', b: '2' });
  assert.deepEqual(Object.keys(await client.hGetAll('nothing')), []);
  await client.sAdd('set', ['x']);
  assert.deepEqual([...await client.sMembers('set')], ['x']);
  await client.zAdd('zset', [{ value: 'one', score: 1.5 }, { value: 'two', score: 3 }]);
  assert.deepEqual(await client.zRangeWithScores('zset', 0, -1), [{ value: 'one', score: 1.5 }, { value: 'two', score: 3 }]);
  assert.equal(await client.zScore('zset', 'one'), 1.5);
  assert.equal(await client.zScore('zset', 'nobody'), null);
  assert.equal(await client.zIncrBy('zset', 1, 'one'), 2.5);
  assert.equal(await client.hExists('hash', 'a'), 1);
  const version = /redis_version:(\d+\.\d+)/.exec(await client.info('server'))[1];
  assert.equal((await client.configGet('databases')).databases, '16');
  assert.deepEqual(await client.time().then((time) => time.length), 2);
  if (Number(version) >= 7.2) assert.equal((await client.clientInfo()).libName, 'node-redis');
  assert.equal((await client.command()).some((command) => command.name === 'evalsha'), true);
}

async function streamsAndBlocking(client, other) {
  const id = await client.xAdd('stream', '*', { f: 'v' });
  assert.deepEqual((await client.xRange('stream', '-', '+')).map((entry) => [entry.id, entry.message.f]), [[id, 'v']]);
  const read = client.xRead([{ key: 'stream', id: '$' }, { key: 'stream2', id: '0' }], { BLOCK: 0, COUNT: 10 });
  await other.xAdd('stream2', '5-1', { a: 'b' });
  const found = await read; // in RESP3 as the server sends it: a map of streams
  if (RESP === 3) assert.deepEqual({ ...found }, { stream2: [['5-1', ['a', 'b']]] });
  else assert.deepEqual([found[0].name, found[0].messages[0].id, found[0].messages[0].message.a], ['stream2', '5-1', 'b']);
  assert.equal(await client.xRead({ key: 'stream', id: '$' }, { BLOCK: 1 }), null);

  const popped = client.blPop('list', 0);
  await other.rPush('list', 'a');
  assert.deepEqual({ ...await popped }, { key: 'list', element: 'a' });
  const least = client.bzPopMin('zqueue', 0);
  await other.zAdd('zqueue', [{ value: 'b', score: 2 }, { value: 'a', score: 1 }]);
  assert.deepEqual({ ...await least }, { key: 'zqueue', value: 'a', score: 1 });
  const moved = client.blMove('from', 'to', 'LEFT', 'RIGHT', 0);
  await other.rPush('from', 'x');
  assert.equal(await moved, 'x');
  assert.equal(await client.blPop('nothing', 0.01), null);
}

// Its connection is killed: it comes back, and subscribes again.
async function reconnection(client, subscriber) {
  let after;
  const again = new Promise((resolve) => { after = resolve; });
  await subscriber.subscribe('news', (message) => after(message));
  const back = new Promise((resolve) => subscriber.once('ready', resolve));
  assert.equal(await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']), 1);
  await back;
  await publishUntilHeard(client, 'news', 'after');
  assert.equal(await again, 'after');
  return () => new Promise((resolve) => { after = resolve; });
}

// The server stops and another comes up in its place, from the same log: connections, subscriptions and scripts are there again.
async function restart(client, other, next) {
  const message = next();
  const back = Promise.all([client, other].map((one) => new Promise((resolve) => one.once('ready', resolve))));
  await restarting();
  await back;
  assert.equal(await client.get('sum'), '12');
  assert.equal(await client.add('sum', 5), 17); // EVALSHA of what the new server has never seen
  assert.equal(await client.fCall('twice', { arguments: ['4'] }), 8);
  assert.equal(await client.clientGetName(), 'client');
  assert.match(await client.sendCommand(['CLIENT', 'INFO']), new RegExp(` resp=${RESP}\\b`));
  await publishUntilHeard(other, 'news', 'restarted');
  assert.equal(await message, 'restarted');
}

async function main() {
  const client = await connect('client');
  const subscriber = await connect('subscriber');
  const other = await connect('other');
  await client.flushAll();
  await pubSub(client, subscriber);
  await pipelinesAndTransactions(client, other);
  await scripts(client);
  await types(client);
  await streamsAndBlocking(client, other);
  await restart(client, other, await reconnection(client, subscriber));
  subscriber.destroy();
  other.destroy();
  await client.close();
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
