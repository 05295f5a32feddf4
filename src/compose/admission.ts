import { projectSubject, type QuotaSubject } from '../queue/quota-subject.ts'
import { type Admit, makeAdmit } from '../quota/admission.ts'
import { keepOverQuotas } from '../quota/over-quotas.ts'
import { groupSubject } from '../quota/quotas.ts'
import type { Parts } from './parts.ts'

/** What answers proxies; `undefined` if the configuration does not ask for it. */
export function makeAdmission(
  { config, log, projectOf, onClose, settings }: Parts,
  { flags }: Pick<Awaited<ReturnType<Parts['onRedis']>>, 'flags'>,
): Admit | undefined {
  const { enabled, failOpen, quotas: kinds } = config.admission
  if (!enabled) return undefined
  const overQuotas = keepOverQuotas({
    read: async () => (await flags.raised()).filter(({ flag }) => flag === 'over'),
    log,
  })
  onClose(overQuotas.close)
  const subjectsOf = (project: string): QuotaSubject[] => {
    const { quotas } = settings()
    return [
      ...(kinds.includes('project') ? [projectSubject(project)] : []),
      ...(kinds.includes('group') ? quotas.groupsOf(project).map(groupSubject) : []),
      ...(kinds.includes('registry') ? quotas.registriesOf(project) : []),
    ]
  }
  return makeAdmit({ overQuotas, projectOf, subjectsOf, failOpen })
}
