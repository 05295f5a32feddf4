import { createServer } from 'node:http'
import { connectPatiently } from '../../src/platform/redis.ts'
import { makeQueues } from '../../src/queue/queues.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'
import { makeEventsWork, PREFIX } from '../events-worker.ts'

/** `node naive-worker.ts PORT REDIS_URL`: a worker that calls the index once for each job, which holds one event. */
const [port, url = ''] = process.argv.slice(2)
const [redis, connection] = [await connectPatiently({ url }), await connectPatiently({ url })]
const index = makeUsageIndex({ redis, prefix: PREFIX })
makeEventsWork({ redis, connection, index, queues: makeQueues(redis, PREFIX) }).startWorker()
createServer((_, response) => response.end('ok')).listen(Number(port), '127.0.0.1')
