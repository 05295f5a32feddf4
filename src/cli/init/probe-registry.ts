import { request } from 'undici'
import { proxyFrom } from '../../config/proxy.ts'
import { makeDispatcher } from '../../platform/dispatcher.ts'

/** What answers at the URL of a registry. */
export interface Probed {
  kind: 'gitlab' | 'other registry' | 'distribution' | 'unknown'
  needsLogin: boolean
  /** For people. */
  text: string
}

/** How long an answer may take, in ms. */
const ANSWER_MS = 10_000

/** Asks `/v2/` what it is, over the proxy of the environment. Throws nothing. */
export async function probeRegistry(url: string, env: NodeJS.ProcessEnv): Promise<Probed> {
  const dispatcher = makeDispatcher({ proxy: proxyFrom(env).proxy })
  try {
    const answer = await request(`${url}/v2/`, {
      dispatcher,
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
    })
    await answer.body.dump()
    const header = (name: string) => String(answer.headers[name] ?? '')
    return judge({
      ...{ url, status: answer.statusCode, version: header('docker-distribution-api-version') },
      ...{
        challenge: header('www-authenticate'),
        isGitlab: header('gitlab-container-registry-version') !== '',
      },
    })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = `${url} cannot be reached from here (${code ?? message})`
    return {
      kind: 'unknown',
      needsLogin: false,
      text: `${reason}. "tallyman doctor" tells what to do about it`,
    }
  } finally {
    await dispatcher.destroy()
  }
}

/** What the answer to `GET /v2/` shows. GitLab's token server is GitLab; others name themselves as the service. */
export function judge(answer: {
  url: string
  status: number
  version: string
  challenge: string
  isGitlab: boolean
}): Probed {
  const { url, status, version, challenge } = answer
  const needsLogin = status === 401
  if (status !== 200 && status !== 401)
    return {
      kind: 'unknown',
      needsLogin,
      text: `${url}/v2/ answers ${status}: is this the URL of a registry's API?`,
    }
  if (answer.isGitlab || /\/jwt\/auth"|service="container_registry"/.test(challenge))
    return { kind: 'gitlab', needsLogin, text: "it is GitLab's registry" }
  const [, other] = /service="(harbor|quay|[\w.-]*artifactory|jfrog|zot)/i.exec(challenge) ?? []
  if (other !== undefined)
    return {
      ...{ kind: 'other registry', needsLogin },
      text: `it seems to be ${other}: Tallyman understands the notifications of distribution and GitLab. Others can be read by reconciles, and be a target of promotions`,
    }
  const login = needsLogin ? ', and wants a login' : ''
  if (version === '')
    return { kind: 'unknown', needsLogin, text: `${url}/v2/ answers as a registry does${login}` }
  return {
    kind: 'distribution',
    needsLogin,
    text: `it is a registry like distribution (docker-registry)${login}`,
  }
}
