import type { Dispatcher } from 'undici'
import { cloudEventOf } from '../../platform/cloud-event.ts'
import type { Channel } from '../channel.ts'
import type { Message } from '../message.ts'
import { makeSignedPost } from './signed-post.ts'

/** Sends messages as signed CloudEvents 1.0. */
export function makeWebhookChannel(options: {
  name: string
  url: string
  secret: string
  dispatcher?: Dispatcher | undefined
}): Channel {
  const { post, check } = makeSignedPost(options)
  return { name: options.name, send: (message) => post(cloudEventOf(withLinks(message))), check }
}

const withLinks = ({ data, links, ...message }: Message) => ({
  ...message,
  data: links.length > 0 ? { ...data, links } : data,
})
