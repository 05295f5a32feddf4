import type { RegistryClient } from '../registry/client.ts'
import { clockFindings } from './clock-findings.ts'
import type { Check, Found } from './finding.ts'
import { registryAdvice } from './registry-advice.ts'

/** Repositories in which a tag is looked for. */
const LOOKED_AT = 5

type Client = Pick<RegistryClient, 'ping' | 'catalog' | 'tags' | 'headManifest'>

/**
 * Looks at a registry: whether it can be reached, whose clock it has, and whether its repositories can be listed and its images
 * read. A cache is only reached: it would fetch what it is asked for.
 */
export const checkRegistry = (deps: {
  name: string
  url: string
  type: 'registry' | 'cache'
  password?: string | undefined
  /** Where it does not list its repositories itself. */
  names?: (() => AsyncIterable<string>) | undefined
  use: <T>(act: (client: Client) => Promise<T>) => Promise<T>
  /** epoch ms */
  now: () => number
}): Check => ({
  name: `registry ${deps.name}`,
  run: () =>
    deps.use(async (client) => {
      const { name, url, type, now } = deps
      const asked = await attempt(() => client.ping())
      if ('error' in asked) return [failure(name, `GET ${url}/v2/`, asked.error)]
      const found: Found[] = [{ level: 'ok', what: `GET ${url}/v2/: it answers, and takes our login` }]
      if (asked.value) found.push(...clockFindings(`the registry ${name}`, asked.value.getTime(), now()))
      if (isInTheClear(deps))
        found.push({
          level: 'warning',
          what: `the password for ${name} goes over the network in the clear`,
          fix: `give the registry a certificate, and write https:// in registries.${name}.url`,
        })
      return type === 'cache' ? found : [...found, ...(await reading(client, deps))]
    }),
})

async function reading(
  client: Client,
  { name, names }: Parameters<typeof checkRegistry>[0],
): Promise<Found[]> {
  const listed = await attempt(() => Array.fromAsync(take(names?.() ?? client.catalog(), LOOKED_AT)))
  if ('error' in listed) {
    const found = failure(name, 'list its repositories', listed.error)
    const why = 'without a list, no reconcile can read it, and nobody notices events that were lost'
    const fix = `${found.fix === undefined ? '' : `${found.fix}. Or `}name its repositories in registries.${name}.repositories or its GitLab in registries.${name}.gitlab`
    return [{ ...found, why, fix }]
  }
  if (listed.value.length === 0) return [{ level: 'note', what: `${name} has no repository yet` }]
  for (const repository of listed.value) {
    const read = await attempt(async () => {
      const [tag] = await Array.fromAsync(take(client.tags(repository), 1))
      return tag !== undefined && (await client.headManifest(repository, tag)) !== undefined
    })
    if ('error' in read) return [failure(name, `read an image in ${repository}`, read.error)]
    if (read.value)
      return [{ level: 'ok', what: `its repositories can be listed, and images in ${repository} read` }]
  }
  return [{ level: 'ok', what: 'its repositories can be listed; no tag was found in the first ones' }]
}

function failure(name: string, tried: string, error: unknown): Found {
  const fix = registryAdvice(name, error)
  const what = `${tried}: ${error instanceof Error ? error.message : String(error)}`
  return { level: 'error', what, ...(fix !== undefined && { fix }) }
}

async function attempt<T>(act: () => Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await act() }
  } catch (error) {
    return { error }
  }
}

async function* take<T>(items: AsyncIterable<T>, most: number): AsyncGenerator<T> {
  let taken = 0
  for await (const item of items) {
    yield item
    taken += 1
    if (taken === most) return
  }
}

/** Whether a password goes to another host without TLS. */
function isInTheClear({ url, password }: { url: string; password?: string | undefined }): boolean {
  const { protocol, hostname } = new URL(url)
  return password !== undefined && protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname)
}
