import { registerHooks } from 'node:module'

/** For `node --import`: writes the name of each package of OpenTelemetry that is imported or required to standard error. */
registerHooks({
  resolve(specifier, context, next) {
    if (/^(@opentelemetry\/|@fastify\/otel|bullmq-otel)/.test(specifier))
      process.stderr.write(`imports ${specifier}\n`)
    return next(specifier, context)
  },
})
