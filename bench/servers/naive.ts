import { fastify } from 'fastify'
import { connectFailingFast } from '../../src/platform/redis.ts'
import { makeQueues } from '../../src/queue/queues.ts'

/** `node naive.ts PORT REDIS`, by URL or as the path of a socket: an intake that adds one job for each event. */
const [port, redis = ''] = process.argv.slice(2)
const target = redis.startsWith('/') ? { socket: redis } : { url: redis }
const queues = makeQueues(await connectFailingFast(target), 'tallyman')
const app = fastify()
app.addContentTypeParser(
  'application/vnd.docker.distribution.events.v1+json',
  { parseAs: 'string' },
  (_, body, done) => done(null, JSON.parse(String(body))),
)
app.post<{ Body: { events: unknown[] } }>('/v1/events', async ({ body }, reply) => {
  const receivedAt = new Date().toISOString()
  for (const event of body.events)
    await queues.events.add('events', { deliveries: [{ registry: 'ci', receivedAt, events: [event] }] })
  return reply.code(202).send({ accepted: body.events.length })
})
app.get('/readyz', () => 'ok')
await app.listen({ host: '127.0.0.1', port: Number(port) })
