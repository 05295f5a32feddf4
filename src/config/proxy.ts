import type { Proxies } from '../platform/dispatcher.ts'
import type { Problem } from './config-error.ts'
import { httpUrl } from './url-fields.ts'

/**
 * The proxies that the environment names, as other programs read it: in lower or upper case, with or without `http://`.
 * `undefined` if it names none.
 */
export function proxyFrom(env: NodeJS.ProcessEnv): { proxy: Proxies | undefined; problems: Problem[] } {
  const problems: Problem[] = []
  const [http, https] = ['http_proxy', 'https_proxy'].map((name) => {
    const variable = [name, name.toUpperCase()].find((variable) => env[variable])
    const given = variable === undefined ? undefined : env[variable]
    if (variable === undefined || given === undefined) return undefined
    const url = given.includes('://') ? given : `http://${given}`
    // It may hold a password.
    if (httpUrl(url) === undefined)
      problems.push({
        location: { variable },
        key: '',
        message: 'expected the URL of an http or https proxy',
      })
    return url
  })
  const except = (env.no_proxy || env.NO_PROXY || '').split(/[\s,]+/).filter((host) => host !== '')
  return { proxy: http || https ? { http, https: https ?? http, except } : undefined, problems }
}
