// node-redis against the server whose port is the first argument: pub/sub, pipelines, transactions, scripts, streams, reconnection.
// Always: exits with 0 when everything was as expected, and throws otherwise.
const assert = require('assert');
const { createClient, defineScript } = require('redis');
const port = Number(process.argv[2]);

async function main() {
  const options = {
    socket: { port, host: '127.0.0.1' },
    scripts: {
      add: defineScript({
        NUMBER_OF_KEYS: 1,
        SCRIPT: 'return redis.call("INCRBY", KEYS[1], ARGV[1])',
        transformArguments: (key, by) => [key, String(by)],
        transformReply: (reply) => reply,
      }),
    },
  };
  const client = createClient(options);
  client.on('error', () => {});
  await client.connect();
  const subscriber = client.duplicate();
  subscriber.on('error', () => {});
  await subscriber.connect();

  const heard = [];
  await subscriber.subscribe('news', (message, channel) => heard.push([channel, message]));
  await subscriber.pSubscribe('n*', (message, channel) => heard.push(['n*', channel, message]));
  assert.equal(await client.publish('news', 'hello'), 2);
  assert.equal(await client.publish('nobody', 'x'), 1);
  assert.equal(await subscriber.ping(), 'pong'); // RESP2's form for a subscriber
  assert.deepEqual(heard, [['news', 'hello'], ['n*', 'news', 'hello'], ['n*', 'nobody', 'x']]);
  const deep = new Promise((resolve) => subscriber.sSubscribe('shard', (message) => resolve(message)).then(() => client.sPublish('shard', 'deep')));
  assert.equal(await deep, 'deep');
  assert.deepEqual(await client.pubSubChannels(), ['news']);
  assert.equal(await client.pubSubNumPat(), 1);
  await subscriber.sUnsubscribe('shard');
  await subscriber.pUnsubscribe('n*');
  await subscriber.unsubscribe('news');

  assert.deepEqual(await Promise.all([client.set('k', '1'), client.incr('k'), client.get('k')]), ['OK', 2, '2']);
  assert.deepEqual(await client.multi().set('t', 'v').get('t').exec(), ['OK', 'v']);
  await assert.rejects(client.lPush('k', 'x'), /WRONGTYPE/);
  assert.equal(await client.add('sum', 5), 5);
  await client.scriptFlush();
  assert.equal(await client.add('sum', 5), 10);
  const id = await client.xAdd('stream', '*', { f: 'v' });
  assert.deepEqual((await client.xRange('stream', '-', '+')).map((entry) => [entry.id, entry.message.f]), [[id, 'v']]);
  assert.deepEqual(Object.keys(await client.hGetAll('nothing')), []);

  // Its connection is killed: it comes back, and subscribes again.
  let after;
  const again = new Promise((resolve) => { after = resolve; });
  await subscriber.subscribe('news', after);
  const back = new Promise((resolve) => subscriber.once('ready', resolve));
  assert.equal(await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']), 1);
  await back;
  while ((await client.publish('news', 'after')) === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await again, 'after');

  await subscriber.disconnect();
  await client.quit();
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
