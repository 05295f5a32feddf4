import { type ImageReference, plainHost } from '../../registry/image-reference.ts'

/** A registry, and how clients know it. */
export interface KnownRegistry {
  name: string
  /** The URL of its API, perhaps with a path. */
  url: string
  /** Other hosts under which clients know it. */
  hosts: readonly string[]
}

/** An image of a configured registry, by tag or digest. */
export interface NamedImage {
  registry: string
  repository: string
  reference: ImageReference['reference']
  /** It is another image that the same name may mean, and need not exist. */
  isGuess?: true
}

/** The host of the names that have none, and the folder of its own images (distribution/reference, `ParseNormalizedNamed`). */
const HUB = 'docker.io'
const HUB_ALIASES = ['index.docker.io', 'registry-1.docker.io']
const HUB_OWN = 'library'

const hostOf = (host: string): string => (HUB_ALIASES.includes(plainHost(host)) ? HUB : plainHost(host))

/** The ends of the path of a URL, the longest first: `a/b` and `b` of https://host/a/b. */
function endsOf(url: string): string[] {
  const segments = new URL(url).pathname.split('/').filter((segment) => segment !== '')
  return segments.map((_, n) => segments.slice(n).join('/'))
}

/**
 * Makes functions that tell which image of which registry a name means. Several registries may have one host: all of them are
 * meant. `byHost` reads a name as clients do. If the URL of a registry has a path, such as /artifactory/api/docker/docker-local,
 * clients name its repositories with the end of the path before them (host/docker-local/team/app), or by a host of their own
 * without it. `byNameOrHost` also takes the name of a registry in our configuration in place
 * of the host: `ci/team/app:v1`.
 */
export function makeFindRegistries(registries: readonly KnownRegistry[]) {
  const byHostName = Map.groupBy(
    registries.flatMap(({ name, url, hosts }) =>
      [...new Set([new URL(url).host, ...hosts].map(hostOf))].map((host) => ({
        name,
        host,
        ends: endsOf(url),
      })),
    ),
    ({ host }) => host,
  )
  const names = new Set(registries.map(({ name }) => name))

  function byHost({ host, path, reference }: ImageReference): NamedImage[] {
    const isHub = host === undefined || hostOf(host) === HUB
    const repository = isHub && !path.includes('/') ? `${HUB_OWN}/${path}` : path
    const found = byHostName.get(isHub ? HUB : hostOf(host)) ?? []
    return found.flatMap(({ name, ends }) => {
      const whole = { registry: name, repository, reference }
      const end = ends.find((one) => repository.startsWith(`${one}/`))
      if (end === undefined) return [whole]
      return [
        { ...whole, repository: repository.slice(end.length + 1) },
        { ...whole, isGuess: true as const },
      ]
    })
  }

  function byNameOrHost(named: ImageReference): NamedImage[] {
    const slash = named.path.indexOf('/')
    const registry = named.path.slice(0, Math.max(0, slash))
    const isName = named.host === undefined && names.has(registry)
    return [
      ...(isName ? [{ registry, repository: named.path.slice(slash + 1), reference: named.reference }] : []),
      ...byHost(named),
    ]
  }

  return { byHost, byNameOrHost }
}
export type FindRegistries = ReturnType<typeof makeFindRegistries>
