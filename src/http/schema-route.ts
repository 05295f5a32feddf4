import type { FastifyPluginAsync } from 'fastify'
import { jsonSchemaOfConfig, SCHEMA_PATH } from '../config/json-schema.ts'
import { sendTagged } from './etag.ts'

/** The JSON Schema of the configuration, for editors. It needs no token: it tells nothing of this service. */
export const schemaRoute: FastifyPluginAsync = async (app) => {
  const schema = jsonSchemaOfConfig()
  app.get(`/${SCHEMA_PATH}`, { schema: { hide: true } }, (request, reply) =>
    sendTagged(request, reply, schema),
  )
}
