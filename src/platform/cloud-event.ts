/** An event in the JSON format of CloudEvents 1.0.2 (https://cloudevents.io). */
export interface CloudEvent {
  specversion: '1.0'
  id: string
  source: '/tallyman'
  type: string
  subject?: string
  /** RFC 3339 */
  time: string
  datacontenttype: 'application/json'
  data: object
}

/** The attributes of CloudEvents 1.0.2, section 3. `at` is RFC 3339. */
export const cloudEventOf = ({
  id,
  type,
  subject,
  at,
  data,
}: {
  id: string
  type: string
  subject: string
  at: string
  data: object
}): CloudEvent => ({
  specversion: '1.0',
  id,
  source: '/tallyman',
  type: `tallyman.${type}`,
  // An attribute must not be empty.
  ...(subject !== '' && { subject }),
  time: at,
  datacontenttype: 'application/json',
  data,
})
