import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { readPolicy } from '../config/read-policy.ts'
import type { Curve, CurvePoint } from '../expiry/curve.ts'
import { expandPolicies } from '../expiry/expand-policies.ts'
import type { ExpiryPolicy } from '../expiry/plan.ts'
import { formatTimestamp } from '../platform/timestamp.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

const MOST_VALUES = 24

const Value = Type.Union([Type.Integer(), Type.String()], {
  description: 'As in the configuration: `10`, or `14d`.',
})

/** What a policy would free with each of some values of one of its numbers. */
export const expiryCurveRoute =
  (deps: {
    curve: Curve
    hasProject: (id: string) => Promise<boolean>
    /** The configured names. */
    registries: () => readonly string[]
    roles: Roles
    inTurn: InTurn
    /** epoch µs */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    /** The policy with the value at the rule's key, for each registry. @throws HttpError */
    async function withValue(
      policy: unknown,
      { rule, key }: { rule: number; key: 'newest' | 'olderThan' | 'notUsedFor' },
      value: string | number,
    ): Promise<ExpiryPolicy[]> {
      const rules: unknown = Object(policy).rules
      const chosen: unknown = Array.isArray(rules) ? rules[rule] : undefined
      const had = Object(key === 'newest' ? Object(chosen).keep : chosen)[key]
      if (!Array.isArray(rules) || had === undefined)
        throw new HttpError(400, `the policy has no \`${key}\` in its rule ${rule}, counted from 0`)
      const changed =
        key === 'newest'
          ? { ...Object(chosen), keep: { ...Object(Object(chosen).keep), newest: value } }
          : { ...Object(chosen), [key]: value }
      const registries = deps.registries()
      const read = await readPolicy({ ...Object(policy), rules: rules.with(rule, changed) }, registries)
      if ('policy' in read) return expandPolicies([read.policy], registries)
      throw new HttpError(
        400,
        read.problems
          .map((one) => `${['policy', one.key].filter(Boolean).join('.')}: ${one.message}`)
          .join('; '),
      )
    }

    app.post('/v1/expiry/curve', {
      onRequest: deps.roles.within('read'),
      bodyLimit: 1024 * 1024 + 1024,
      schema: {
        tags: ['expiry'],
        summary: 'What a policy would free with each of some values of one of its numbers',
        description:
          'Nothing is changed, so the read token is enough. Each image is read once. What `evict` would take beside the rules is not counted.',
        body: Type.Object(
          {
            policy: Type.Unknown({
              description: 'A policy as it stands in the configuration, in `expiry.policies`.',
            }),
            rule: Type.Integer({ minimum: 0, description: 'Which of its rules is changed, counted from 0.' }),
            key: Type.Enum(['newest', 'olderThan', 'notUsedFor'], {
              description: 'Which number of the rule. `newest` is that in `keep`.',
            }),
            values: Type.Array(Value, {
              ...{ minItems: 1, maxItems: MOST_VALUES },
              description: 'The values, in ascending or descending order.',
            }),
            project: Type.Optional(
              Type.String({ description: 'Only images of this project, registry/path.' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            asOf: Type.String({ format: 'date-time', description: 'When this was so.' }),
            points: Type.Array(
              Type.Object({
                value: Value,
                bytes: Type.Integer({ description: 'Bytes that the registries can free.' }),
                images: Type.Integer({ description: 'Images that go.' }),
                tags: Type.Integer({ description: 'Tags that go alone.' }),
              }),
              { description: 'One for each value, in the order of the request.' },
            ),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async (request) => {
        const { access, body, raw } = request
        const { policy, values, project } = body
        if (project !== undefined && !(access.sees(project) && (await deps.hasProject(project))))
          throw new HttpError(404, `there is no project "${project}"`)
        const byValue: ExpiryPolicy[][] = []
        for (const value of values) byValue.push(await withValue(policy, body, value))
        const asOf = deps.now()
        const scope = {
          asOf,
          isWanted: (one: string) => access.sees(one) && (project ?? one) === one,
          mayGoOn() {
            if (raw.socket.destroyed) throw new HttpError(499, 'nobody waits for the answer any more')
          },
        }
        const sums = values.map((): CurvePoint => ({ bytes: 0, images: 0, tags: 0 }))
        await deps.inTurn(async () => {
          for (const n of byValue[0]?.keys() ?? []) {
            const policies = byValue.flatMap((one) => one[n] ?? [])
            for (const [at, point] of (await deps.curve(policies, scope)).entries()) {
              const sum = sums[at]
              if (sum === undefined) continue
              sum.bytes += point.bytes
              sum.images += point.images
              sum.tags += point.tags
            }
          }
        })
        const points = sums.map((sum, n) => ({ value: values[n] ?? 0, ...sum }))
        return { asOf: formatTimestamp(asOf) ?? '', points }
      },
    })
  }
