import { imagesIn } from './images-in.ts'
import { type KubernetesSource, LIMITS } from './source.ts'

type Client = typeof import('@kubernetes/client-node')

/** Objects of a page. */
const PAGE = 500

interface Page {
  metadata?: { _continue?: string }
  items: object[]
}
type List = (page: { limit: number; _continue?: string }) => Promise<Page>

/**
 * The names of the images that a cluster uses: of its pods, with the digests that run, and of what makes pods: a deployment
 * without replicas, a job that runs once a week, and the revisions to which a deployment may be rolled back have no pod now.
 * An image that is none by its name cannot run, and is left out.
 * @throws Error if anything of it cannot be listed to its end within `ms`
 */
export async function readKubernetes(source: KubernetesSource, ms = LIMITS.ms): Promise<string[]> {
  const client = await loadClient()
  const signal = AbortSignal.timeout(ms)
  const names: string[] = []
  for (const [kind, list] of listsOf(client, source, signal)) {
    let next: string | undefined
    do {
      const page = await list({ limit: PAGE, ...(next && { _continue: next }) }).catch((error) => {
        throw new Error(`${kind}: ${signal.aborted ? `it took more than ${ms / 1000} s` : reasonOf(error)}`)
      })
      for (const item of page.items) names.push(...imagesIn(item).names)
      next = page.metadata?._continue
    } while (next)
  }
  return names
}

/** It takes 80 MB of memory and some seconds, so it is loaded only if a source needs it. */
async function loadClient(): Promise<Client> {
  try {
    return await import('@kubernetes/client-node')
  } catch {
    throw new Error(
      'the package @kubernetes/client-node is not installed: npm install --no-save @kubernetes/client-node@2.0.1 (docs/expiry.md, Images in use)',
    )
  }
}

/** Lists with their kinds, as the API spells them. */
function* listsOf(
  client: Client,
  { kubeconfig, context, namespaces = [''] }: KubernetesSource,
  signal: AbortSignal,
): Generator<[kind: string, list: List]> {
  const config = new client.KubeConfig()
  if (kubeconfig === undefined) config.loadFromDefault()
  else config.loadFromFile(kubeconfig)
  if (context !== undefined) {
    if (config.getContextObject(context) === null)
      throw new Error(`the kubeconfig has no context "${context}"`)
    config.setCurrentContext(context)
  }
  const core = config.makeApiClient(client.CoreV1Api)
  const apps = config.makeApiClient(client.AppsV1Api)
  const batch = config.makeApiClient(client.BatchV1Api)
  const middleware = {
    pre(request: InstanceType<Client['RequestContext']>) {
      request.setSignal(signal)
      return new client.Observable(Promise.resolve(request))
    },
    post: (response: InstanceType<Client['ResponseContext']>) =>
      new client.Observable(Promise.resolve(response)),
  }
  const options = { middleware: [middleware], middlewareMergeStrategy: 'append' as const }
  for (const namespace of namespaces) {
    if (namespace === '') {
      yield ['pods', (page) => core.listPodForAllNamespaces(page, options)]
      yield ['deployments', (page) => apps.listDeploymentForAllNamespaces(page, options)]
      yield ['statefulsets', (page) => apps.listStatefulSetForAllNamespaces(page, options)]
      yield ['daemonsets', (page) => apps.listDaemonSetForAllNamespaces(page, options)]
      yield ['replicasets', (page) => apps.listReplicaSetForAllNamespaces(page, options)]
      yield ['cronjobs', (page) => batch.listCronJobForAllNamespaces(page, options)]
      yield ['jobs', (page) => batch.listJobForAllNamespaces(page, options)]
      continue
    }
    const of = (page: Parameters<List>[0]) => ({ ...page, namespace })
    yield [`pods of ${namespace}`, (page) => core.listNamespacedPod(of(page), options)]
    yield [`deployments of ${namespace}`, (page) => apps.listNamespacedDeployment(of(page), options)]
    yield [`statefulsets of ${namespace}`, (page) => apps.listNamespacedStatefulSet(of(page), options)]
    yield [`daemonsets of ${namespace}`, (page) => apps.listNamespacedDaemonSet(of(page), options)]
    yield [`replicasets of ${namespace}`, (page) => apps.listNamespacedReplicaSet(of(page), options)]
    yield [`cronjobs of ${namespace}`, (page) => batch.listNamespacedCronJob(of(page), options)]
    yield [`jobs of ${namespace}`, (page) => batch.listNamespacedJob(of(page), options)]
  }
}

/** The error of an API has its whole answer in its message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && typeof error.code === 'number') return `the API server answers ${error.code}`
  const { cause } = error
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message
}
