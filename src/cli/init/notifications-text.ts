import type { Setup } from './answers.ts'

/** The forms in which a registry is told where to send its notifications. */
export const FORMS = ['distribution', 'omnibus', 'chart'] as const
export type Form = (typeof FORMS)[number]

/** What to do with the section, for people. */
export const PLACES: Record<Form, string> = {
  distribution: "merge this into the registry's config.yml, and restart the registry",
  omnibus: 'add this to /etc/gitlab/gitlab.rb, and run gitlab-ctl reconfigure',
  chart: "merge this into the values of GitLab's Helm chart, and run helm upgrade",
}

/** The section `notifications` of a registry, with the token in it. */
export function notificationsText(
  form: Form,
  { address, tokens }: Pick<Setup, 'address' | 'tokens'>,
): string {
  const url = JSON.stringify(`${address}/v1/events`)
  const bearer = JSON.stringify(`Bearer ${tokens.webhook}`)
  if (form === 'omnibus')
    return `registry['notifications'] = [
  { 'name' => 'tallyman', 'url' => ${url},
    'timeout' => '1s', 'threshold' => 5, 'maxretries' => 20, 'backoff' => '10s',
    'headers' => { 'Authorization' => [${bearer}] } }
]
`
  if (form === 'chart')
    return `registry:
  notifications:
    events:
      includereferences: true
    endpoints:
      - name: tallyman
        url: ${url}
        headers: { Authorization: [${bearer}] }
        timeout: 1s
        threshold: 5
        maxretries: 20
        backoff: 10s
`
  return `notifications:
  events:
    includereferences: true
  endpoints:
    - name: tallyman
      url: ${url}
      headers: { Authorization: [${bearer}] }
      timeout: 1s
      threshold: 5
      backoff: 1s
# Only for expiry, later: add  delete: { enabled: true }  to the section storage that is there.
`
}
