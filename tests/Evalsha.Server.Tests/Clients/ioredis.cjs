// ioredis against the server whose port is the first argument: pub/sub, pipelines, transactions, scripts, streams, reconnection.
// Always: exits with 0 when everything was as expected, and throws otherwise.
const assert = require('assert');
const Redis = require('ioredis');
const port = Number(process.argv[2]);

async function main() {
  const options = { port, host: '127.0.0.1', maxRetriesPerRequest: 3 };
  const client = new Redis(options);
  const subscriber = new Redis(options);
  const heard = [];
  subscriber.on('message', (channel, message) => heard.push([channel, message]));
  subscriber.on('pmessage', (pattern, channel, message) => heard.push([pattern, channel, message]));
  assert.equal(await subscriber.subscribe('news', 'other'), 2);
  assert.equal(await subscriber.psubscribe('n*'), 3);
  assert.equal(await client.publish('news', 'hello'), 2);
  assert.equal(await client.publish('nobody', 'x'), 1);
  const shard = new Redis(options);
  const sharded = new Promise((resolve) => shard.on('smessage', (...message) => resolve(message)));
  await shard.ssubscribe('shard');
  assert.equal(await client.spublish('shard', 'deep'), 1);
  assert.deepEqual(await sharded, ['shard', 'deep']);
  assert.deepEqual(await subscriber.ping('still'), ['pong', 'still']); // RESP2's form for a subscriber
  assert.deepEqual(heard, [['news', 'hello'], ['n*', 'news', 'hello'], ['n*', 'nobody', 'x']]);
  assert.equal(await subscriber.unsubscribe('news', 'other'), 1);
  assert.equal(await subscriber.punsubscribe(), 0);

  await client.config('SET', 'notify-keyspace-events', 'KEA');
  const event = new Promise((resolve) => subscriber.on('message', (channel, message) => resolve([channel, message])));
  await subscriber.subscribe('__keyevent@0__:set');
  const answers = await client.pipeline().set('k', '1').incr('k').get('k').lpush('k', 'x').exec();
  assert.deepEqual(answers.slice(0, 3), [[null, 'OK'], [null, 2], [null, '2']]);
  assert.match(answers[3][0].message, /WRONGTYPE/);
  assert.deepEqual(await event, ['__keyevent@0__:set', 'k']);

  assert.deepEqual(await client.multi().set('t', 'v').get('t').exec(), [[null, 'OK'], [null, 'v']]);
  await client.watch('t');
  await shard.quit();
  const other = new Redis(options);
  await other.set('t', 'changed');
  assert.equal(await client.multi().set('t', 'mine').exec(), null);

  client.defineCommand('add', { numberOfKeys: 1, lua: 'return redis.call("INCRBY", KEYS[1], ARGV[1])' });
  assert.equal(await client.add('sum', 5), 5);
  await client.script('FLUSH');
  assert.equal(await client.add('sum', 5), 10);

  const id = await client.xadd('stream', '*', 'f', 'v');
  assert.deepEqual(await client.xrange('stream', '-', '+'), [[id, ['f', 'v']]]);
  const popped = client.blpop('list', 0);
  await other.rpush('list', 'a');
  assert.deepEqual(await popped, ['list', 'a']);

  const monitor = await other.monitor();
  const shown = new Promise((resolve) => monitor.on('monitor', (time, args) => resolve(args)));
  await client.set('watched', '1');
  assert.deepEqual(await shown, ['set', 'watched', '1']);
  monitor.disconnect();

  // Its connection is killed: it comes back, and subscribes again.
  const back = new Promise((resolve) => subscriber.once('ready', resolve));
  const again = new Promise((resolve) => subscriber.on('message', (channel, message) => message === 'after' && resolve(channel)));
  await subscriber.subscribe('news');
  assert.equal(await client.client('KILL', 'TYPE', 'pubsub'), 1);
  await back;
  while ((await client.publish('news', 'after')) === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await again, 'news');

  client.disconnect();
  subscriber.disconnect();
  other.disconnect();
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
