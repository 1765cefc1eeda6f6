// docs/reference/command-line.md: the commands with their flags, from the tables they read themselves, and the options of the
// supervisor with what breaks without them. A part of scripts/docs.js.

/** @param commands each with usage, about, flags; @param soakOptions those of a soak; @param optionTable makes rows of an option table; @param markdownTable of rows */
export function commandLines(commands, options, soakOptions, { optionTable, markdownTable }) {
  return [
    'Every command takes `--help` and `--json`. Exit code 0: done. 1: the finding is bad, a version that did not take over, say.',
    '2: it could not run: nobody is there, or it was called wrongly. `reload`, `drain` and `status` talk to the',
    '[admin port](admin.md) of a running `holdfast run`; a token comes from the environment, `HOLDFAST_ADMIN_TOKEN`.',
    '',
    ...Object.entries(commands).flatMap(([name, { usage, about, flags }]) => [
      `## holdfast ${name}`,
      '',
      '```sh',
      `holdfast ${name} ${usage}`,
      '```',
      '',
      about,
      '',
      ...markdownTable(
        ['flag', 'what it does'],
        Object.entries(flags).map(([flag, { value, about: what, many }]) => [
          `\`--${flag}${value === undefined ? '' : ` ${value}`}\``,
          many ? `${what}; may be given several times` : what,
        ]),
      ),
      '',
    ]),
    '## Signals of `holdfast run`',
    '',
    ...markdownTable(
      ['signal', 'what happens'],
      [
        ['SIGTERM, SIGINT', 'all workers drain, then it ends with 0; the second ends everything at once'],
        ['SIGHUP', 'as `holdfast reload`'],
        [
          'SIGKILL',
          'its workers notice, give up the port at once, drain and end; the next supervisor takes the port as soon as they have',
        ],
      ],
    ),
    '',
    'A worker leaves SIGINT and SIGHUP of a terminal to its supervisor. With SIGTERM it drains and is replaced.',
    '',
    '## What stands behind the flags of `holdfast run`',
    '',
    'Times are given as `500ms`, `30s`, `10m`, `24h` or `7d`.',
    '',
    ...optionTable(options),
    '',
    '## What stands behind the flags of `holdfast soak`',
    '',
    'How to use it, and what its answers mean: [leak or plateau](../guides/soak.md). Exit code 0: plateau. 1: leak. 2: it could not',
    'tell, or not run.',
    '',
    ...optionTable(soakOptions),
  ]
}
