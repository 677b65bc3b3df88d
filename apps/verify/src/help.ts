/** What `verify --help` says. */
export const HELP = `verify - checks evidence of Caravanserai. It needs no network, no hub, and trusts nothing but what you bring.

  verify pack <evidence pack> --roots <file> [--language <code>]
      One exchange between two agencies: who sent it, that it is unaltered, when it was delivered, who opened it.
      --roots     root keys of the community, as its chairs gave them to you: {"threshold": 2, "keys": [JWK, ...]}.
                  Take them from a place that you trust, never from whoever gave you the pack.
      --language  adds the summary in ar, bg, en, sr or tr

  verify proof <.tlog-proof file> --policy <file> (--entry <file> | --opening <file> | --record <file> --salt <hex>)
      One entry is in a log. Say which one: the entry itself, its opening, or the record as JSON and its salt.
      --policy    the log and the witnesses that you believe (c2sp.org/tlog-policy)

  verify checkpoints <older> <newer> --policy <file> [--consistency <file> | --tiles <folder>]
      Two checkpoints tell one history: nothing was removed or changed in between.
      --consistency  the proof, in the form of an add-checkpoint request (c2sp.org/tlog-witness)
      --tiles        or the tiles of the log (c2sp.org/tlog-tiles), from which the proof is made

  verify export <folder or zip file> --policy <file>
      All entries of a log: the root is computed again from every one of them.
      An export has: checkpoint, tile/entries/... and, where entries are opened, openings.jsonl

  verify records <export of audit records> --roots <file>
      What an auditor exported: which participant states these records, when, for which reason, unaltered.
      --roots     as for a pack

  verify access <proof of an entry> --roots <file>
      One entry of a participant's access log: who, as a pseudonym, looked at what, and when that was recorded.
      --roots     as for a pack

  verify joint <export> <export> --roots <file>
      What two participants exported for a joint review: each message that one sent, the other received unaltered.
      --roots     as for a pack

  verify statistics <issued statistics> <basis> --roots <file>
      Statistics of a period, counted again from every leaf of the log and every event: the table must come out the same.
      --roots     as for a pack

  --json   the result as one JSON object: {"holds": ..., "checks": [{"rule", "about", "holds", "reason"}], "facts": ...}

Each check is one line: OK, or FAILED with the rule and the reason. Exit codes: 0 everything holds, 1 something failed,
2 wrong call or unreadable input. The rules are explained in docs/evidence.md of Caravanserai.`;
