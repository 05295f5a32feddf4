import { expect, test } from 'vitest'
import { makeLog } from '../../src/platform/log.ts'
import { startTracing } from '../../src/platform/tracing.ts'

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
const start = (env: NodeJS.ProcessEnv) => startTracing(env, { log: makeLog('silent'), registries: [] })

test.each([
  ['no endpoint', {}],
  ['an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  ['the SDK disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
  ['no exporter of traces', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
])('there are no traces with %s', async (_, env) => {
  expect(await start(env)).toBeUndefined()
})

test('a protocol that is not spoken is refused with the variable, and what is expected', async () => {
  await expect(start({ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).rejects.toThrow(
    'OTEL_EXPORTER_OTLP_PROTOCOL: expected http/json, at the port for OTLP over HTTP (usually 4318), got "grpc"',
  )
})
