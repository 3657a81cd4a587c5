/** Environment in which git makes the same commits on every machine: who, when, and no configuration of the user. */
export const GIT_IDENTITY = {
  GIT_AUTHOR_NAME: 'zone-device-ci',
  GIT_AUTHOR_EMAIL: 'zone-device-ci@localhost',
  GIT_COMMITTER_NAME: 'zone-device-ci',
  GIT_COMMITTER_EMAIL: 'zone-device-ci@localhost',
  GIT_AUTHOR_DATE: '2026-01-19T06:00:05Z',
  GIT_COMMITTER_DATE: '2026-01-19T06:00:05Z',
  GIT_CONFIG_GLOBAL: '/dev/null',
} as const;
