import { SCHEMA_PATH } from '../../config/json-schema.ts'
import { listenFor, type Setup } from './answers.ts'

/** A text in double quotes, as YAML and JSON write it. */
const quoted = (text: string): string => JSON.stringify(text)

/** The text of the configuration. */
export function configText(setup: Setup): string {
  const { name, registry, segments, address, dataDir, tokens, isGitlab } = setup
  const { host, port } = listenFor(address)
  return `# yaml-language-server: $schema=${address}/${SCHEMA_PATH}
# Made by "tallyman init". The example that comes with Tallyman, tallyman.example.yaml, has every key with a comment.
server:
  host: ${host}
  port: ${port}
  publicUrl: ${quoted(address)} # alerts link there
  readToken: ${quoted(tokens.read)}
  adminToken: ${quoted(tokens.admin)}

dataDir: ${quoted(dataDir)}

registries:
  ${name}:
    url: ${quoted(registry)}
    token: ${quoted(tokens.webhook)} # the registry sends it with its notifications
    project: { segments: ${segments} }
${[...loginLines(setup), ...(isGitlab ? GITLAB : [])].map((line) => `    ${line}\n`).join('')}${quotaText(setup)}${chatText(setup)}`
}

const loginLines = ({ login }: Setup): string[] =>
  login === undefined
    ? []
    : [`username: ${quoted(login.username)}`, `passwordFile: ${quoted(login.passwordFile)}`]

/** GitLab tells of renames, and its catalog cannot be read. */
const GITLAB = [
  'renames: true',
  '# GitLab lists the repositories (docs/gitlab.md). One token with read_api and read_registry does for both:',
  '# username: tallyman',
  '# passwordFile: /run/secrets/gitlab-token',
  '# gitlab: { url: https://gitlab.example.com, tokenFile: /run/secrets/gitlab-token, groups: [my-group] }',
]

const quotaText = ({ name, quota }: Setup): string =>
  quota === undefined
    ? ''
    : `
# Soft quotas: nothing is stopped, but people are told. The most specific glob wins.
quotas:
  - { project: ${quoted(`${name}/**`)}, limit: ${quota}, warnAt: 80% }
`

const chatText = ({ chat }: Setup): string =>
  chat === undefined
    ? ''
    : `
alerts:
  channels:
    - { name: chat, type: ${chat.type}, url: ${quoted(chat.url)} }
`
