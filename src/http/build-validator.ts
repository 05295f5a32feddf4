import { AjvCompiler, type BuildCompilerFromPool } from '@fastify/ajv-compiler'

/**
 * An unknown key is refused. Fastify's default drops it, and a misspelt `dryRun` would start a real run. `verbose` lets an error
 * have its schema, which says in `x-expected` what is expected (problem.ts).
 */
const OPTIONS = { removeAdditional: false, verbose: true, keywords: ['x-expected'] }

/** A body is JSON, and each value has a type. Fastify's default would take `"dryRun": null` for false. */
const OF_BODY = { ...OPTIONS, coerceTypes: false }

/** Builds what checks the parts of requests. All but the body are text, so numbers and booleans are read out of it. */
export function makeBuildValidator(): BuildCompilerFromPool {
  const build = AjvCompiler()
  return (schemas) => {
    const ofText = build(schemas, { customOptions: OPTIONS })
    const ofBody = build(schemas, { customOptions: OF_BODY })
    // What comes is not a schema, as the type says, but the part of a route with its schema.
    return (part) => (typeof part === 'object' && part.httpPart === 'body' ? ofBody : ofText)(part)
  }
}
