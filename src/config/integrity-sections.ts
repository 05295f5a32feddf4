import { Type } from 'typebox'
import { Duration, Integer, Size } from './quantity-fields.ts'
import { section } from './section.ts'
import { RegistryUrl } from './url-fields.ts'

/** How a reconcile over the API looks whether blobs are there. */
export const blobChecks = section(
  'Blobs that each reconcile over the API asks for, one HEAD each. Those that are left have their turn in the next ones. Without meaning if `storage` is set: that shows them all.',
  {
    perReconcile: Integer('How many. 0: none.', 0, 10_000_000, { default: 20_000 }),
    perSecond: Integer('How many in a second.', 1, 10_000, { default: 100 }),
  },
)

export const scrub = Type.Optional(
  Type.Object(
    {
      bytesPerDay: Size('How many bytes may be read in a day.'),
      period: Duration('An image is read once in this time at most.', { default: '30d' }),
      url: Type.Optional(
        RegistryUrl(
          'The URL from which consumers pull, if it is another: that of a proxy or a cache in front of the registry.',
        ),
      ),
    },
    {
      description:
        'Images with tags are read and hashed, those that are pulled most first. Default: none is.',
      additionalProperties: false,
    },
  ),
)
