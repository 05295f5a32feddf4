// The grammar of the OCI distribution spec 1.1, "Pulling manifests". A separator always stands between two runs of
// letters and digits, so a name matches in one way only and the pattern takes linear time.
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`)
const TAG = /^\w[\w.-]{0,127}$/

/** At most 255 characters, as in distribution. */
export const isRepositoryName = (text: string): boolean => text.length <= 255 && REPOSITORY.test(text)

export const isTag = (text: string): boolean => TAG.test(text)
