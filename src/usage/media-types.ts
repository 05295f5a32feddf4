/** The index stores a media type as its position in this list: append only. 0 stands for every other type. */
export const MEDIA_TYPES: readonly string[] = [
  'application/octet-stream',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.docker.distribution.manifest.v1+json',
]

/** A media type as the index gives it; '' if it is not known which one it was. */
export const knownMediaType = (mediaType: string): string => (mediaType === MEDIA_TYPES[0] ? '' : mediaType)
