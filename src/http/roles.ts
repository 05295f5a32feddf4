import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { type Access, accessFor, grantsText, type Verb } from '../access/access.ts'
import { type AccessOf, TokenRefused } from '../access/access-of.ts'
import { CiRefusal } from '../ci/refusal.ts'
import { HttpError } from './problem.ts'
import type { AccessOfCookie } from './session-cookie.ts'
import { unknownProject } from './unknown-project.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request, and what it may see. A hook of `Roles` sets it. */
    access: Access
  }
}

/** A hook that says what it asks for. The OpenAPI document has it as `x-needs`. */
export type Role = onRequestHookHandler & { needs: Needs }

/** A verb, and whether the token must have it over all projects, over some, or over the one that the path names. */
export interface Needs {
  verb: Verb
  over: 'all' | 'some' | 'project'
}

const role = (verb: Verb, over: Needs['over'], hook: onRequestHookHandler): Role =>
  Object.assign(hook, { needs: { verb, over } })

/** What the hooks of a route ask for; `undefined` if they let in everybody. */
export function needsOf(hooks: unknown): Needs | undefined {
  return [hooks].flat().find((hook): hook is Role => typeof hook === 'function' && 'needs' in hook)?.needs
}

/**
 * Hooks that let in who may do something. `read`, `admin`, `uses` and `everywhere` are for what is about a registry or the whole
 * service, and for routes that do not heed `request.access`: whoever sees only some projects is refused.
 */
export interface Roles {
  /** Who may read everything. */
  read: Role
  /** Who may do everything. */
  admin: Role
  /** Who may report uses of images. */
  uses: Role
  /** Who may do this with all projects. */
  everywhere(verb: Verb): Role
  /** Who may do this with some projects. The route must show and change only what `request.access` sees. */
  within(verb: Verb): Role
  /** Who makes a request that is still being answered, if it may do this now: its token may have been revoked meanwhile. */
  stillWithin(verb: Verb, request: FastifyRequest): Promise<Access | undefined>
  /** Who may do this with the project that a parameter of the path names. To others there is no such project. */
  project(verb: Verb, parameter?: 'id' | 'project'): Role
}

/** `accessOfCookie`: for requests that show no token. Absent if there are no sessions. */
export function makeRoles(accessOf: AccessOf, accessOfCookie?: AccessOfCookie): Roles {
  /** Finds out who makes a request. @throws HttpError 401 */
  async function identify(
    request: FastifyRequest,
    reply: Pick<FastifyReply, 'header'> | undefined,
    needed: string,
  ): Promise<Access> {
    const challenge = (text: string) => void reply?.header('www-authenticate', text)
    const { authorization } = request.headers
    const asked =
      !hasToken(authorization) && accessOfCookie !== undefined
        ? accessOfCookie(request)
        : accessOf(authorization, request.ip)
    const access = await asked.catch((error: Error) => {
      throw refusedToken(error, challenge)
    })
    if (access !== undefined) return access
    challenge('Bearer')
    throw new HttpError(401, `expected "Authorization: Bearer" with a token that has ${needed}`)
  }

  /** Sets `request.access` to what may do this, which is told in `needed` for people. @throws HttpError 401 or 403 */
  async function letIn(
    request: FastifyRequest,
    reply: Pick<FastifyReply, 'header'> | undefined,
    verb: Verb,
    needed: string = textOf(verb),
  ) {
    const access = await identify(request, reply, needed)
    const allowed = accessFor(access, verb)
    request.access = allowed ?? access
    if (allowed === undefined) throw new HttpError(403, `this needs ${needed}: ${whatHas(access)}`)
    return { access, allowed }
  }

  const everywhere: Roles['everywhere'] = (verb) =>
    role(verb, 'all', async (request, reply) => {
      const needed = `${textOf(verb)} over all projects`
      const { access, allowed } = await letIn(request, reply, verb, needed)
      if (!allowed.seesAll) throw new HttpError(403, `this needs ${needed}: ${whatHas(access)}`)
    })
  return {
    everywhere,
    read: everywhere('read'),
    admin: everywhere('admin'),
    uses: everywhere('report'),
    within: (verb) =>
      role(verb, 'some', async (request, reply) => {
        await letIn(request, reply, verb)
      }),
    stillWithin: (verb, request) =>
      letIn(request, undefined, verb).then(
        ({ allowed }) => allowed,
        (error: Error) => {
          if (error instanceof HttpError) return undefined
          throw error
        },
      ),
    project: (verb, parameter = 'id') =>
      role(verb, 'project', async (request, reply) => {
        const { access, allowed } = await letIn(request, reply, verb)
        const project = String(Object(request.params)[parameter])
        if (allowed.sees(project)) return
        if (accessFor(access, 'read')?.sees(project))
          throw new HttpError(403, `this needs ${textOf(verb)} in ${project}: ${whatHas(access)}`)
        throw unknownProject(project)
      }),
  }
}

/** Whether a request shows a token. A login with `Basic` is for a proxy in front: no token of ours is shown so. */
const hasToken = (authorization: string | undefined): boolean =>
  authorization !== undefined && !/^Basic /i.test(authorization)

/** Nobody can be given `ask`: that is what CI jobs have. */
const textOf = (verb: Verb): Verb => (verb === 'ask' ? 'promote' : verb)

/** `the token team-a has read over ci/team-a/**`, with which a 403 or a 404 says what may be the reason. */
export const whatHas = (access: Access): string => `the ${access.who} has ${grantsText(access)}`

/** The error to answer with where a token lets nobody in. Other errors stay as they are. */
export function refusedToken(error: Error, challenge: (text: string) => void = () => {}): Error {
  const isCi = error instanceof CiRefusal
  if (!isCi && !(error instanceof TokenRefused)) return error
  if (isCi && error.status !== 401) return new HttpError(error.status, error.message)
  challenge('Bearer error="invalid_token"')
  return new HttpError(401, isCi ? `the token of the CI job is refused: ${error.message}` : error.message)
}
