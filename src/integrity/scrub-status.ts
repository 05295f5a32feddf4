import { type Static, Type } from 'typebox'

/** How far the scrubs of a registry are. */
export const ScrubStatus = Type.Object({
  registry: Type.String({ description: 'The registry.' }),
  url: Type.String({ description: 'The URL through which images are read.' }),
  bytesPerDay: Type.Integer({ description: 'How many bytes may be read in a day.' }),
  periodSeconds: Type.Integer({ description: 'An image is read once in so many seconds at most.' }),
  readToday: Type.Integer({
    description:
      'Bytes of the budget of this day (UTC) that are spent. It may be more: a content is read to its end.',
  }),
  totalBytes: Type.Integer({ description: 'Bytes that were read so far.' }),
  images: Type.Integer({ description: 'Images that were read so far, some of them more than once.' }),
  contents: Type.Integer({
    description: 'Manifests, configs and layers that were read within the period and are right.',
  }),
  first: Type.Integer({ description: 'Repositories that come first, since garbage was collected there.' }),
  lastRunAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'When the last scrub ended. Null before the first.',
  }),
})
export type ScrubStatus = Static<typeof ScrubStatus>

/** What a scrub did. */
export const ScrubResult = Type.Object({
  registry: Type.String({ description: 'The registry.' }),
  images: Type.Integer({ description: 'Images that were read to their end.' }),
  bytes: Type.Integer({ description: 'Bytes that were read.' }),
  damaged: Type.Integer({ description: 'Contents that were not as they should be.' }),
  unread: Type.Integer({ description: 'Images that could not be read, for another reason.' }),
  skipped: Type.Optional(Type.Boolean({ description: 'Another scrub of the registry was in hand.' })),
})
export type ScrubResult = Static<typeof ScrubResult>
