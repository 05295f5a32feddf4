import { type Static, Type } from 'typebox'

export const QUOTA_KINDS = ['project', 'group', 'registry'] as const
export const QuotaKind = Type.Enum([...QUOTA_KINDS], {
  description: 'What the quota is for: a project, a group of projects, or a registry as a whole.',
})
export type QuotaKind = Static<typeof QuotaKind>

/** What has a quota and a flag. `id`: of a project `registry/path`, of a group or a registry its name. */
export interface QuotaSubject {
  kind: QuotaKind
  id: string
}

export const projectSubject = (id: string): QuotaSubject => ({ kind: 'project', id })

/** A text that is another one for each subject. */
export const subjectKey = ({ kind, id }: QuotaSubject): string => `${kind}:${id}`

/** The reverse of `subjectKey`. */
export function subjectFrom(key: string): QuotaSubject {
  const colon = key.indexOf(':')
  return { kind: key.slice(0, colon) as QuotaKind, id: key.slice(colon + 1) }
}

/** What logs and alerts have of it. `project` is the path in the registry. */
export function fieldsOfSubject({ kind, id }: QuotaSubject) {
  if (kind !== 'project') return kind === 'group' ? { group: id } : { registry: id }
  const slash = id.indexOf('/')
  return { registry: id.slice(0, slash), project: id.slice(slash + 1) }
}

/** How people call it: a project by its id, `group platform`, `registry ci`. */
export const nameOfSubject = ({ kind, id }: QuotaSubject): string =>
  kind === 'project' ? id : `${kind} ${id}`
