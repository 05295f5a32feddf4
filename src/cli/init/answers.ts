import type { ChannelType } from './chat-type.ts'

/** What the five questions of `init` are answered with. */
export interface Answers {
  /** The URL of the registry's API, without a slash at its end. */
  registry: string
  /** How many leading segments of a repository name its project. */
  segments: number
  /** The webhook of a chat. */
  chat: { url: string; type: ChannelType } | undefined
  /** How much each project may hold, such as `50GiB`. */
  quota: string | undefined
  /** Where registries and people reach the service, without a slash at its end. */
  address: string
}

/** What `init` writes beside the answers. */
export interface Setup extends Answers {
  /** The name of the registry. */
  name: string
  dataDir: string
  /** A login for the registry's API. */
  login: { username: string; passwordFile: string } | undefined
  /** GitLab's registry: it renames repositories, and does not list them. */
  isGitlab: boolean
  /** Fresh secrets. */
  tokens: { read: string; admin: string; webhook: string }
}

/** Where the service listens so that it is reached at `address`: a proxy before it has the port of https. */
export function listenFor(address: string): { host: string; port: number } {
  const { protocol, hostname, port } = new URL(address)
  const isLocal = /^(localhost|127\.[\d.]+)$/.test(hostname)
  const isOwn = protocol === 'http:' && port !== ''
  return {
    host: hostname === '[::1]' ? '::1' : isLocal ? '127.0.0.1' : '0.0.0.0',
    port: isOwn ? Number(port) : 8080,
  }
}
