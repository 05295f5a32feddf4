import { Type } from 'typebox'
import { Flag, type QuotaOverride } from '../queue/alert.ts'
import type { QuotaSubject } from '../queue/quota-subject.ts'
import { usedOf } from '../quota/evaluate.ts'
import type { Flags } from '../quota/flags.ts'
import type { QuotasInForce } from '../quota/in-force.ts'
import type { MeasureSubject } from '../quota/measure.ts'
import type { InTurn } from './turns.ts'

/** What is told of the quota of a project, a group or a registry. */
export const quotaFields = {
  flag: Flag,
  flagSince: Type.Union([Type.String(), Type.Null()], {
    description: 'Since when it has this flag, RFC 3339. Null if it never had another.',
  }),
  limits: Type.Array(
    Type.Object({
      measure: Type.String({
        description:
          'What is measured: `unique`, `exclusive`, `referenced`, `tagged` or `stored` bytes, `tags`, or `manifests`.',
      }),
      used: Type.Union([Type.Integer(), Type.Null()], {
        description:
          'How much of it there is. Null if it is not known yet: `stored` needs a reconcile over storage.',
      }),
      limit: Type.Integer({ description: 'How much there may be.' }),
    }),
    { description: 'The limits of its quota, the fullest first. Empty if it has no quota.' },
  ),
  warnAt: Type.Array(Type.Number(), { description: 'The shares of a limit from which people are warned.' }),
}

const NOTHING = { bytes: 0, tags: 0, manifests: 0 }

/** Makes what tells the quota of a subject. */
export const makeQuotaView =
  (deps: {
    flags: Pick<Flags, 'entry'>
    inForce: Pick<QuotasInForce, 'of'>
    measure: MeasureSubject
    inTurn: InTurn
  }) =>
  async (subject: QuotaSubject) => {
    const [{ state }, inForce] = await Promise.all([deps.flags.entry(subject), deps.inForce.of(subject)])
    // By `tagged`, it reads the whole project.
    const measured = inForce && (await deps.inTurn(() => deps.measure(subject, inForce.quota)))
    const limits = inForce ? usedOf(measured ?? NOTHING, inForce.quota) : []
    const override: QuotaOverride | null = inForce?.override ?? null
    return {
      ...{ flag: state.flag, flagSince: state.since, override },
      limits: limits.map(({ what, used, limit }) => ({
        ...{ measure: what, limit },
        used: measured === undefined ? null : used,
      })),
      warnAt: [...(inForce?.quota.warnAt ?? [])],
    }
  }
export type QuotaView = ReturnType<typeof makeQuotaView>
