/** Where a list of images in use comes from. `file` and `folder` are paths; `command` is a program and its arguments. */
export interface InUseSource {
  name: string
  /** The registries whose images it names. Absent for all. */
  registries?: readonly string[] | undefined
  /** Whether it may name no image at all. Otherwise an empty answer is a failure. */
  mayBeEmpty: boolean
  url?: string | undefined
  file?: string | undefined
  command?: readonly string[] | undefined
  folder?: string | undefined
  kubernetes?: KubernetesSource | undefined
}

export interface KubernetesSource {
  /** The path of a kubeconfig. Absent: `KUBECONFIG`, `~/.kube/config`, or the service account of the pod. */
  kubeconfig?: string | undefined
  /** Absent: the kubeconfig's own. */
  context?: string | undefined
  /** Absent: all. */
  namespaces?: readonly string[] | undefined
}

/** Names of images, as a source gives them. */
export interface NamesInUse {
  names: string[]
  /** Whether the name of a registry in our configuration may stand for the host. Kubernetes knows hosts only. */
  form: 'host' | 'name or host'
}

/** Whether a source names images of a registry. */
export const isAbout = ({ registries }: Pick<InUseSource, 'registries'>, registry: string): boolean =>
  registries === undefined || registries.includes(registry)

/** What a source may give: bytes, in how many ms, and files of a folder. */
export const LIMITS = { bytes: 16 * 1024 * 1024, ms: 30_000, folderBytes: 256 * 1024 * 1024, files: 50_000 }
