import type { Dispatcher } from 'undici'
import { askJson, postJson } from '../alerts/channels/post-json.ts'
import type { Flag } from '../queue/alert.ts'
import { splitProjectId } from '../usage/project.ts'
import type { Receiver } from './receiver.ts'

/**
 * Gives a project of GitLab a topic while its project in the registry, which has the same path, is over its quota
 * (https://docs.gitlab.com/api/projects, Edit a project). `token` needs the scope `api` and the role of a maintainer.
 */
export function makeGitlabTopic({
  registry,
  url,
  token,
  topic,
  flagOf,
  dispatcher,
}: {
  registry: string
  url: string
  token: string
  topic: string
  flagOf: (project: string) => Promise<Flag>
  dispatcher?: Dispatcher
}): Receiver {
  const name = `gitlab ${registry}`
  const headers = { 'private-token': token }
  // GitLab takes names that differ in case for one topic, and answers with the name that it got first.
  const isTopic = (one: string): boolean => one.toLowerCase() === topic.toLowerCase()

  async function write(project: string, flag: Flag): Promise<void> {
    const path = encodeURIComponent(splitProjectId(project).path)
    const request = {
      channel: name,
      url: new URL(`${url.replace(/\/$/, '')}/api/v4/projects/${path}`),
      ...{ headers, dispatcher },
    }
    const topics = topicsIn(await askJson({ ...request, method: 'GET' }))
    if (topics === undefined) throw new Error(`${name}: the answer about ${project} has no topics`)
    if (topics.some(isTopic) === (flag === 'over')) return
    const next = flag === 'over' ? [...topics, topic] : topics.filter((one) => !isTopic(one))
    await postJson({ ...request, method: 'PUT', json: JSON.stringify({ topics: next }) })
  }

  return {
    name,
    takes: ({ type, scope }) => type === 'project.flag.changed' && scope.startsWith(`${registry}/`),
    async send({ subject: project = '' }) {
      // Events come in any order: what counts is the flag of now. It may change while this writes.
      let flag = await flagOf(project)
      for (let written: Flag | undefined; written !== flag; flag = await flagOf(project)) {
        await write(project, flag)
        written = flag
      }
    },
  }
}

function topicsIn(answer: unknown): string[] | undefined {
  const isFound = typeof answer === 'object' && answer !== null && 'topics' in answer
  return isFound && Array.isArray(answer.topics) ? answer.topics.map(String) : undefined
}
