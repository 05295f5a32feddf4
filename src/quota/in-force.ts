import type { QuotaOverride } from '../queue/alert.ts'
import { projectSubject, type QuotaSubject } from '../queue/quota-subject.ts'
import type { Overrides } from './overrides.ts'
import { DEFAULT_QUOTA, type Quota } from './quota.ts'
import type { Quotas } from './quotas.ts'

/** A quota that is in force: that of the configuration, with the limit of the override, if there is one. */
export interface QuotaInForce {
  quota: Quota
  override?: QuotaOverride
}

/** The quotas in force, as of now. */
export function makeQuotasInForce({
  quotas,
  overrides,
}: {
  /** As configured now: a reload may change them. */
  quotas: () => Quotas
  overrides: Pick<Overrides, 'of'>
}) {
  /** Of those of these projects that have a quota. */
  async function ofProjects(ids: readonly string[]): Promise<Map<string, QuotaInForce>> {
    const projects = ids.filter(quotas().knows)
    const found = await overrides.of(projects)
    const inForce = new Map<string, QuotaInForce>()
    for (const project of projects) {
      const [configured, override] = [quotas().of(projectSubject(project)), found.get(project)]
      if (override !== undefined)
        inForce.set(project, { quota: { ...DEFAULT_QUOTA, ...configured, limit: override.limit }, override })
      else if (configured !== undefined) inForce.set(project, { quota: configured })
    }
    return inForce
  }

  return {
    ofProjects,
    async of(subject: QuotaSubject): Promise<QuotaInForce | undefined> {
      if (subject.kind === 'project') return (await ofProjects([subject.id])).get(subject.id)
      const quota = quotas().of(subject)
      return quota && { quota }
    },
  }
}
export type QuotasInForce = ReturnType<typeof makeQuotasInForce>
