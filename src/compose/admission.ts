import { makeGate } from '../barrier/gate.ts'
import { HttpError } from '../http/problem.ts'
import { projectSubject, type QuotaSubject } from '../queue/quota-subject.ts'
import { type Admit, makeAdmit, type ProxiedRequest } from '../quota/admission.ts'
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

/** What makes pushes wait while a collection takes blobs away, and at which registries. */
export function makeGates(
  { config, registries, prefix }: Pick<Parts, 'config' | 'registries' | 'prefix'>,
  { redis }: Pick<Awaited<ReturnType<Parts['onRedis']>>, 'redis'>,
) {
  const gate = makeGate({ redis, prefix })
  return {
    gated: new Set(
      registries.filter(({ gc }) => gc.barrier?.hold === 'proxy').map(({ name }) => name),
    ) as ReadonlySet<string>,
    pass: (request: ProxiedRequest) =>
      gate.pass(request).catch(() => {
        if (!config.admission.failOpen)
          throw new HttpError(503, 'it is not known whether pushes have to wait: try again')
      }),
  }
}
