import { fastify } from 'fastify'

/** `node bare.ts PORT`: a Fastify route that parses the same JSON as the intake and answers 204. */
const app = fastify()
app.addContentTypeParser(
  'application/vnd.docker.distribution.events.v1+json',
  { parseAs: 'string' },
  (_, body, done) => done(null, JSON.parse(String(body))),
)
app.post('/v1/events', (_, reply) => reply.code(204).send())
app.get('/readyz', () => 'ok')
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
