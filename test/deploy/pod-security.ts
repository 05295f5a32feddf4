/** What the "restricted" level of Kubernetes' Pod Security Standards looks at. */
export interface PodSpec {
  hostNetwork?: boolean
  hostPID?: boolean
  hostIPC?: boolean
  securityContext?: SecurityContext
  containers: Container[]
  initContainers?: Container[]
  volumes?: Record<string, unknown>[]
  [key: string]: unknown
}
export interface Container {
  name: string
  securityContext?: SecurityContext
  ports?: { name?: string; containerPort: number; hostPort?: number }[]
  [key: string]: unknown
}
interface SecurityContext {
  runAsNonRoot?: boolean
  runAsUser?: number
  seccompProfile?: { type: string }
  privileged?: boolean
  allowPrivilegeEscalation?: boolean
  capabilities?: { add?: string[]; drop?: string[] }
  [key: string]: unknown
}

const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim']
const ALLOWED = [...VOLUMES, 'projected', 'secret']
const PROFILES = ['RuntimeDefault', 'Localhost']

/** How a pod breaks the level "restricted" (Kubernetes documentation, "Pod Security Standards"). */
export function breaksRestricted(pod: PodSpec): string[] {
  const ofPod = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((key) => pod[key] === true)
  const ofVolumes = (pod.volumes ?? [])
    .filter((volume) => !Object.keys(volume).some((key) => ALLOWED.includes(key)))
    .map(({ name }) => `volume ${name}`)
  const containers = [...(pod.initContainers ?? []), ...pod.containers]
  return [...ofPod, ...ofVolumes, ...containers.flatMap((container) => breaksOf(pod, container))]
}

function breaksOf(pod: PodSpec, { name, securityContext: own = {}, ports = [] }: Container): string[] {
  // What a container says beats what its pod says.
  const context = { ...pod.securityContext, ...own }
  const holds = {
    privileged: own.privileged !== true,
    allowPrivilegeEscalation: own.allowPrivilegeEscalation === false,
    runAsNonRoot: context.runAsNonRoot === true && context.runAsUser !== 0,
    seccompProfile: PROFILES.includes(context.seccompProfile?.type ?? ''),
    'capabilities.drop': own.capabilities?.drop?.includes('ALL') === true,
    'capabilities.add': (own.capabilities?.add ?? []).every((added) => added === 'NET_BIND_SERVICE'),
    hostPort: ports.every(({ hostPort }) => !hostPort),
  }
  return Object.entries(holds).flatMap(([rule, held]) => (held ? [] : [`${name}: ${rule}`]))
}
