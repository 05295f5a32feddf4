import type { Setup } from './answers.ts'
import { type Form, PLACES } from './notifications-text.ts'
import type { Probed } from './probe-registry.ts'

/** What is to be done after `init`, one step a line. `notifications`: the file with what the registry needs, if it was not printed. */
export function nextSteps(
  { name, login, address }: Setup,
  probed: Probed,
  written: { file: string; notifications: string | undefined; forms: readonly Form[] },
): string[] {
  const { file, notifications, forms } = written
  const config = file === 'tallyman.yaml' ? '' : `TALLYMAN_CONFIG=${file} `
  const gitlab =
    probed.kind === 'gitlab'
      ? `In ${file}, uncomment what lists the repositories of GitLab (docs/gitlab.md).`
      : undefined
  const user =
    probed.needsLogin && login === undefined && gitlab === undefined
      ? `The registry wants a login: set registries.${name}.username and passwordFile in ${file}, or use docker login.`
      : undefined
  const section = notifications === undefined ? 'what was printed' : `what is in ${notifications}`
  const steps = [
    gitlab,
    user,
    `Start Tallyman: ${config}tallyman start. In a checkout: ${config}npm start.`,
    ...forms.map((form) => `The registry needs ${section}: ${PLACES[form]}.`),
    `Push an image. ${address}/ shows who uses what: log in with the readToken of ${file}, or, to change something, with its adminToken.`,
    `If nothing is there, "${config}tallyman doctor" tells what is wrong. In a checkout: ${config}npm run tallyman -- doctor.`,
  ].filter((step) => step !== undefined)
  return [
    `${file} is written. Only you can read it: it holds the tokens.`,
    ...steps.map((step, n) => `${n + 1}. ${step}`),
  ]
}
