// BullMQ against the server whose port is the first argument: 1,000 jobs, plain and by priority, delayed, failing first, children before parents.
// Always: exits with 0 when every job was done as often as it should be and in the order that was promised, and throws otherwise.
const assert = require('assert');
const { Queue, Worker, QueueEvents, FlowProducer } = require('bullmq');
const port = Number(process.argv[2]);
const connection = { port, host: '127.0.0.1' };

const counted = { plain: 550, delayed: 150, failing: 150, families: 25, children: 5 }; // 550 + 150 + 150 + 25 * (1 + 5) = 1,000
const all = counted.plain + counted.delayed + counted.failing + counted.families * (1 + counted.children);
const removal = { removeOnComplete: { count: 5000 }, removeOnFail: { count: 5000 } };

async function thousandJobs() {
  const queue = new Queue('jobs', { connection, defaultJobOptions: removal });
  const events = new QueueEvents('jobs', { connection });
  await events.waitUntilReady();
  const seen = { completed: 0, delayed: 0, waitingChildren: 0 };
  events.on('delayed', () => seen.delayed++);
  events.on('waiting-children', () => seen.waitingChildren++);
  const allCompleted = new Promise((resolve) => events.on('completed', () => ++seen.completed === all && resolve()));

  const early = [];
  const worker = new Worker('jobs', async (job) => {
    switch (job.name) {
      case 'delayed':
        if (Date.now() < job.timestamp + job.opts.delay) early.push(job.id);
        return 'late';
      case 'failing':
        if (job.attemptsMade < 2) throw new Error(`not yet, attempt ${job.attemptsMade + 1}`);
        return job.attemptsMade;
      case 'parent': {
        const values = Object.values(await job.getChildrenValues());
        return values.reduce((sum, value) => sum + value, 0);
      }
      default:
        await job.updateProgress(100);
        return job.data.n;
    }
  }, { connection, concurrency: 20 });
  const failures = [];
  worker.on('error', (error) => failures.push(error));

  await queue.addBulk(Array.from({ length: counted.plain }, (_, n) => ({ name: 'plain', data: { n }, opts: n % 3 === 0 ? { priority: 1 + (n % 7) } : {} })));
  await queue.addBulk(Array.from({ length: counted.delayed }, (_, n) => ({ name: 'delayed', data: { n }, opts: { delay: 1 + n * 5 } })));
  await queue.addBulk(Array.from({ length: counted.failing }, (_, n) => ({ name: 'failing', data: { n }, opts: { attempts: 3, backoff: { type: 'exponential', delay: 5 } } })));
  const flows = new FlowProducer({ connection });
  const families = await flows.addBulk(Array.from({ length: counted.families }, (_, n) => ({
    name: 'parent', queueName: 'jobs', data: { n }, opts: removal,
    children: Array.from({ length: counted.children }, (_, i) => ({ name: 'child', queueName: 'jobs', data: { n: n * 10 + i }, opts: removal })),
  })));

  await allCompleted;
  assert.deepEqual(failures, []);
  assert.deepEqual(early, [], 'a delayed job began before its time');
  const counts = await queue.getJobCounts();
  assert.equal(counts.completed, all);
  for (const state of ['active', 'waiting', 'delayed', 'failed', 'prioritized', 'waiting-children', 'paused']) assert.equal(counts[state] ?? 0, 0, state);
  assert.ok(seen.delayed >= counted.delayed + counted.failing * 2, `${seen.delayed} delayed`);
  assert.equal(seen.waitingChildren, counted.families);
  for (const [n, family] of families.entries()) {
    assert.equal((await queue.getJob(family.job.id)).returnvalue, n * 10 * counted.children + 10);
  }
  for (const job of await queue.getJobs(['completed'], 0, -1)) {
    assert.equal(job.attemptsMade, job.name === 'failing' ? 3 : 1, `${job.name} ${job.id}`);
    if (job.name === 'failing') assert.equal(job.returnvalue, 2);
  }
  assert.equal((await queue.getWorkers()).length, 1); // CLIENT LIST, found by name

  // Order: by priority, then first in first out; one at a time.
  await queue.pause();
  const order = [];
  const jobs = [];
  for (const priority of [5, 1, 3, 1, 5, 0, 2]) jobs.push(await queue.add('ordered', { n: priority }, { priority }));
  await worker.close();
  const single = new Worker('jobs', async (job) => { order.push(job.data.n); return null; }, { connection, concurrency: 1 });
  await queue.resume();
  await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 20000)));
  assert.deepEqual(order, [0, 1, 1, 2, 3, 5, 5]);
  await single.close();

  await queue.clean(0, 10000, 'completed');
  assert.equal(await queue.getCompletedCount(), 0);
  await queue.obliterate({ force: true });
  await Promise.all([events.close(), flows.close(), queue.close()]);
}

async function oneOfEach() {
  const queue = new Queue('each', { connection, prefix: '{each}' });
  const events = new QueueEvents('each', { connection, prefix: '{each}' });
  await events.waitUntilReady();

  // Without a worker: what a queue tells of itself.
  const late = await queue.add('late', { a: 1 }, { delay: 3600000 });
  assert.equal(await late.getState(), 'delayed');
  await late.promote();
  assert.equal(await late.getState(), 'waiting');
  await late.changePriority({ priority: 9 });
  assert.equal(await late.getState(), 'prioritized');
  await late.updateData({ a: 2 });
  await late.log('first'); await late.log('second');
  assert.deepEqual((await queue.getJobLogs(late.id)).logs, ['first', 'second']);
  await late.remove();
  assert.equal(await queue.getJob(late.id), undefined);
  const once = await queue.add('once', {}, { deduplication: { id: 'same' } });
  assert.equal((await queue.add('once', {}, { deduplication: { id: 'same' } })).id, once.id);
  await queue.upsertJobScheduler('often', { every: 50, limit: 3 }, { name: 'tick' });
  assert.equal((await queue.getJobSchedulers()).length, 1);
  await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *' }, { name: 'night' });
  assert.equal(await queue.removeJobScheduler('nightly'), true);

  let ticks = 0;
  const done = new Promise((resolve) => events.on('completed', ({ returnvalue }) => returnvalue === 'tick' && ++ticks === 3 && resolve()));
  const worker = new Worker('each', async (job) => {
    if (job.name === 'never') throw new Error('for good');
    return job.name;
  }, { connection, prefix: '{each}', limiter: { max: 100, duration: 100 }, metrics: { maxDataPoints: 10 } });
  await done;
  const never = await queue.add('never', {}, { attempts: 2, backoff: 1 });
  await assert.rejects(never.waitUntilFinished(events, 20000), /for good/);
  assert.equal(await never.getState(), 'failed');
  assert.equal(await never.isFailed(), true);
  const failed = (await queue.getFailed())[0];
  assert.equal(failed.failedReason, 'for good');
  await queue.drain();
  assert.equal((await queue.getMetrics('completed')).meta.count >= 4, true);
  assert.equal(await queue.getVersion() !== '', true);
  await worker.close();
  await failed.retry();
  assert.equal(await failed.getState(), 'waiting');
  await events.close();
  await queue.obliterate({ force: true });
  await queue.close();
}

async function main() {
  await thousandJobs();
  await oneOfEach();
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
