import type { Config } from '../config/schema.ts'
import { registryAdvice } from '../doctor/registry-advice.ts'
import { expandPolicies } from '../expiry/expand-policies.ts'
import { makeGlob } from '../platform/glob.ts'
import { makeMatch } from '../promotion/match.ts'
import { repositoryNames } from '../registry/repository-names.ts'
import { makeProjectOf, projectId } from '../usage/project.ts'
import { type Attempt, asking } from './attempt.ts'
import { type ReachedRegistry, reachedRegistries } from './registry-client.ts'

/**
 * Tries whether registries let expiry delete and push, and promotion push, each in a repository that a policy or rule is about.
 * It asks for what no registry can do: to delete a digest that it does not have, and to take an image whose config it does not have.
 */
export function changeAttempts(config: Config): Attempt[] {
  const registries = reachedRegistries(config)
  return registries.flatMap((registry) => [
    ...expiryAttempts(config, registry, 'apply'),
    ...promotionAttempts(config, registry, registries),
  ])
}

/** Tries whether registries would let policies delete that only plan yet, where no policy with `mode: apply` deletes. */
export function laterChangeAttempts(config: Config): Attempt[] {
  const policies = expandPolicies(config.expiry.policies, Object.keys(config.registries))
  const deleting = policies.filter(({ mode }) => mode === 'apply').map(({ registry }) => registry)
  return reachedRegistries(config)
    .filter(({ name }) => !deleting.includes(name))
    .flatMap((registry) => expiryAttempts(config, registry, 'plan'))
}

function expiryAttempts(
  { expiry, registries }: Config,
  registry: ReachedRegistry,
  mode: 'apply' | 'plan',
): Attempt[] {
  const { name } = registry
  const projectOf = makeProjectOf(registry.project)
  const scopes = expandPolicies(expiry.policies, Object.keys(registries))
    .filter((policy) => policy.mode === mode && policy.registry === name)
    .map(({ project, repository }) => ({ project: makeGlob(project), repository: makeGlob(repository) }))
  if (scopes.length === 0) return []
  const isAbout = (one: string) =>
    scopes.some(({ project, repository }) => repository(one) && project(projectId(name, projectOf(one))))
  const find = () => firstRepository(registry, isAbout)
  const none = `not tried: it has no repository that a policy with "mode: ${mode}" is about`
  return [deletes(registry, find, none), pushes(`pushes of expiry to ${name}`, registry, find, none)]
}

/** Of the rules that copy to the registry, the first is tried that has something to copy. */
function promotionAttempts(
  { promotion }: Config,
  registry: ReachedRegistry,
  registries: readonly ReachedRegistry[],
): Attempt[] {
  const rules = promotion.rules.filter(({ to }) => to.registry === registry.name)
  if (rules.length === 0) return []
  async function find(): Promise<string | undefined> {
    for (const { from, ...rule } of rules) {
      const source = registries.find(({ name }) => name === from.registry)
      const repository = source && (await firstRepository(source, makeGlob(from.repository)))
      if (source === undefined || repository === undefined) continue
      const projectOf = makeProjectOf(source.project)
      // Whatever tag it copies, it copies it to this repository.
      const match = makeMatch([{ ...rule, from: { ...from, tag: { glob: '*' } } }], (image) =>
        projectOf(image.repository),
      )
      const [copy] = match({ registry: source.name, repository, tag: 'latest' })
      if (copy !== undefined) return copy.to.repository
    }
    return undefined
  }
  const none = 'not tried: there is no repository that a promotion rule copies to it'
  return [pushes(`pushes of promotion to ${registry.name}`, registry, find, none)]
}

const DELETES =
  'set storage.delete.enabled: true in the configuration of the registry, or REGISTRY_STORAGE_DELETE_ENABLED=true, and restart it'

type Find = () => Promise<string | undefined>

const deletes = (registry: ReachedRegistry, find: Find, none: string): Attempt => ({
  name: `deletes at ${registry.name}`,
  tried: 'DELETE of a random digest',
  async act() {
    const repository = await find()
    if (repository === undefined) return none
    const isRefused = await asking(registry, (client) => client.refusesDeletes(repository))
    if (isRefused)
      throw new Error(`in ${repository}, it answers 405: it does not delete (storage.delete.enabled)`)
    return `allowed in ${repository}; nothing was deleted`
  },
  fix: (error) => registryAdvice(registry.name, error) ?? DELETES,
})

const pushes = (name: string, registry: ReachedRegistry, find: Find, none: string): Attempt => ({
  name,
  tried: 'PUT of a manifest whose config is nowhere',
  async act() {
    const repository = await find()
    if (repository === undefined) return none
    const isRefused = await asking(registry, (client) => client.refusesPushes(repository))
    if (isRefused) throw new Error(`in ${repository}, it answers 405: it takes no pushes`)
    return `allowed in ${repository}; nothing was pushed`
  },
  fix: (error) =>
    registryAdvice(registry.name, error) ?? 'name a registry that takes pushes: a cache does not',
})

/** By the list of its repositories in the configuration, or by its catalog. */
async function firstRepository(
  registry: ReachedRegistry,
  isWanted: (name: string) => boolean,
): Promise<string | undefined> {
  const listed = repositoryNames(registry)
  return asking(registry, async (client) => {
    for await (const name of listed?.() ?? client.catalog()) if (isWanted(name)) return name
    return undefined
  })
}
