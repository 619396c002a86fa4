"""The words with which mail servers refuse, sorted by what they mean: general wordings of many servers and languages.

An ordered table: the first line that fits wins, so what is said precisely stands before what is said of everything;
a reason may stand there twice. `*` in a phrase stands for anything in between. Lower case; matching is a search for
each piece in turn, linear.
"""

_WORDS: tuple[tuple[str, str], ...] = (
    (
        "exceedlimit",
        "message length exceeds administrative limit | too large for this recipient | larger than the recipient",
    ),
    (
        "notcompliantrfc",
        "not rfc | rfc compliant | non-compliant | not compliant | rfc 5322 | rfc5322 | rfc 2822 | rfc2822 | rfc "
        "822 | duplicate header | duplicate * header | with multiple | multiple * headers | invalid header | "
        "missing * header | bare lf | bare cr | bare newline",
    ),
    ("spamdetected", "spam classification | classified as spam | classified as junk"),
    (
        "blocked",
        "banned sending ip | my name was rejected | cannot send e-mail to yourself | no access from mail server",
    ),
    ("policyviolation", "policy reason | due to policy"),
    ("securityerror", "unauthenticated sender"),
    (
        "speeding",
        "too many recipients this | too many recipients per | recipients this hour | recipients per hour",
    ),
    ("hostunknown", "dns failure: host | lookup failure: host"),
    ("rejected", "groups.google.com/support | your 'send mail as' account"),
    (
        "mailboxfull",
        "mailbox full | mailbox is full | mail box is full | mailboxfull | inbox is full | inbox full | account "
        "is full | account full | full mailbox | folder is full | mailbox size limit | mailbox * exceed | mailbox "
        "has reached | over quota | overquota | over * quota | quota exceed | quota * exceeded | quota violation "
        "| quota is full | exceed* quota | exceeded * storage | exceeds * storage | disk quota | user is over | "
        "out of storage | not enough storage space | not enough space in | storage quota | storage allocation | "
        "storage limit | storage space * exceed | mailbox for * is full | mailbox is over | mailbox temporarily "
        "full | no space left in | too many messages in the mailbox | postfach * voll | postfach ist voll | "
        "speicherplatz | boîte * pleine | boite * pleine | buzón * lleno | buzón está lleno | casella * piena | "
        "caixa * cheia | skrzynka * pełna | postvak * vol | ящик переполнен | ящик * переполнен | "
        "メールボックスが一杯 | メールボックスの容量 | 邮箱已满 | 邮箱空间不足",
    ),
    (
        "hasmoved",
        "mailbox has moved | user has moved | has moved to | has moved, no | address has changed | address "
        "changed | has been replaced by | no forwarding address | new address is | address no longer in use",
    ),
    (
        "authfailure",
        "dmarc | dkim | sender policy framework | spf check | spf fail | spf hard | spf record | spf validation | "
        "spf= | spf *fail | spf: fail | spf-fail | not authorized by spf | is not allowed to send mail from | is "
        "not designated | is not authorized to send from | unauthenticated email | unauthenticated mail | message "
        "* not authenticated | fails to pass authentication | authentication checks",
    ),
    (
        "requireptr",
        "mismatches client ip | mismatch * client ip | reverse dns | rdns | reverse lookup | reverse hostname | "
        "reverse mapping | reverse-dns | ptr record | ptr-record | no ptr | missing ptr | valid ptr | dns ptr | "
        "cannot find your hostname | cannot resolve your address | address does not resolve to a host | "
        "unresolvable * client | ip name lookup failed",
    ),
    (
        "badreputation",
        "poor reputation | bad reputation | low reputation | reputation of | reputation score | ip reputation | "
        "sender reputation | due to its reputation | email reputation",
    ),
    (
        "toomanyconn",
        "connection rate limit | too many recipients | too many connections | too many concurrent | too many "
        "simultaneous | too many sessions | too many smtp | too many open connections | connection limit | "
        "connections from your | concurrent connection | concurrency limit | maximum number of connections | "
        "connection frequency",
    ),
    (
        "speeding",
        "rate limit | ratelimit | rate-limit | at a rate that | too many mails | too many messages | too many "
        "emails | too much mail | sending too fast | throttl | hourly limit | daily limit | sending limit | "
        "exceeded the * limit of messages | mail rate | try again slowly | slow down | unusual rate",
    ),
    ("virusdetected", "virus | infected | malware | trojan"),
    (
        "spamdetected",
        "spam message | message * spam | spam content | spam detected | spam score | spam points | spam-like | "
        "spamming | is spam | as spam | like spam | being spam | to be spam | be a spam | identified spam | spam "
        "mail | spam rejected | spam filter | spam assassin | spamassassin | rejected * spam | probable spam | "
        "possible spam | suspected spam | uribl | surbl | blacklisted url | blacklisted link | unsolicited | junk "
        "mail | junkmail | bulk mail | content rejected | content is blocked | content filter | high probability "
        "of spam | cloudmark | mail rejete | message refused by filter | mail content denied | denied by * filter",
    ),
    (
        "suspend",
        "temporary locked | temporarily locked | disabled recipient | recipient * disabled | account is disabled "
        "| account disabled | account has been disabled | accounts is disabled | account(s) is disabled | account "
        "* disabled | account is locked | account locked | account * locked | account is inactive | account "
        "inactive | account * inactive | account * suspended | account is suspended | account expired | account * "
        "deactivated | account * discontinued | account is not active | account is closed | account closed | "
        "account that you tried to reach is disabled | mailbox is disabled | mailbox disabled | mailbox is "
        "inactive | mailbox inactive | mailbox is frozen | mailbox * suspended | mailbox * deactivated | mailbox "
        "currently suspended | is a deactivated mailbox | user is inactive | user inactive | user is disabled | "
        "user disabled | user is suspended | user suspended | user is temporarily disabled | recipient suspended "
        "| recipient is suspended | recipient is inactive | recipient is disabled | address is disabled | email "
        "address is inactive | user is no longer active | boite du destinataire archivee | konto * gesperrt | "
        "postfach * gesperrt | cuenta * suspendida | compte * suspendu | compte * désactivé | ящик заблокирован",
    ),
    (
        "norelaying",
        "email address is not verified | relaying denied | relay access denied | relay denied | relay not "
        "permitted | relaying not | relaying is not | relaying to | relaying mail | relaying disallowed | "
        "relaying prohibited | relaying temporarily denied | relay is not | relay prohibited | relay operation "
        "rejected | no relaying | not relay | unable to relay | unable to route through | permitted to relay | "
        "allowed to relay | unauthorized relay | list of allowed rcpthosts | not an open relay | mail server "
        "requires authentication when attempting to send to a non-local",
    ),
    (
        "mesgtoobig",
        "message too large | message too big | message is too large | message is too big | message size exceed | "
        "message exceeds | message * exceeds | message file too big | message * too large | exceeds maximum "
        "message | exceeded * message size | exceeds the maximum | max message size | maximum message size | "
        "maximum size | size limit | sizelimit | size * exceeds | line limit exceeded | line too long | content "
        "too large | nachricht * zu groß | message * trop volumineux | mensaje * demasiado grande",
    ),
    (
        "notaccept",
        "no mx found | does not accept mail | null mx | nullmx | null-mx | no smtp service | doesn't accept mail "
        "| not accept email | does not receive mail | find a mail exchanger | no mail exchanger | no mx record | "
        "no mx for | no valid mx | mx record not found | does not have * mx | mail receiving disabled | not "
        "accepting mail | no mail server",
    ),
    (
        "networkerror",
        "routing loop | try again*host not found | host not found, try again | name service error*try again | "
        "name server loop | host name lookup failure | no route to host | network is unreachable | network error "
        "| network unreachable | host is unreachable | host unreachable | unable to resolve route | too many hops "
        "| hop count | mail loop | message looping | forwarding loop | loop detected | loop count | loops back | "
        "wasn't able to establish an smtp connection | could not connect and send | malformed name server reply | "
        "dns soft error | dns server returned | temporary dns | temporary failure in name | temporary name | "
        "lookup failed temporarily | dns query failed | dns records * could not be found",
    ),
    (
        "hostunknown",
        "domain is not reachable | invalid domain | invalid destination domain | host unknown | unknown host | "
        "host not found | host or domain name not found | hostname not found | host/domain name not | host name "
        "lookup | invalid host | no such host | find any host | all relevant mx records point to non-existent "
        "hosts | unrouteable address | unrouteable mail domain | unroutable | domain not found | domain does not "
        "exist | domain doesn't exist | domain is unknown | domain unknown | unknown domain | no such domain | "
        "non-existent domain | nonexistent domain | illegal host | bad destination system | bad destination "
        "mailbox system | bad destination host | nxdomain | name or service not known | name service error | "
        "domaine inconnu | dominio desconocido | unbekannte domain | recipient domain * not",
    ),
    (
        "userunknown",
        "見つかりません | recipient address rejected: access denied | user unknown | unknown user | user is unknown | "
        "user * unknown | unknown recipient | recipient unknown | recipient * unknown | unknown address | address "
        "unknown | address is unknown | unknown local | unknown or illegal | unknown account | unknown email | "
        "unknown mail | no such user | no such mailbox | no such recipient | no such address | no such person | "
        "no such account | no such email | no such local | no account by that name | no mailbox here by that name "
        "| no mailbox by that name | no mailbox found | no valid recipient | no recipient | no users here by that "
        "name | no such name | user not found | user * not found | user cannot be found | user could not be found "
        "| user doesn't exist | user does not exist | user doesn't have | user not exist | user not local | user "
        "not listed | user  not listed | not listed in | nonexistent user | non-existent user | nonexistent "
        "address | recipient not found | recipientnotfound | recipient cannot be found | recipient * not exist | "
        "recipient * not found | recipient does not exist | recipient no longer | recipient name is not "
        "recognized | recipient is not accepted | recipient not accepted | recipient * not registered | mailbox "
        "not found | mailbox * not found | mailbox does not exist | mailbox doesn't exist | mailbox unavailable | "
        "mailbox * unavailable | mailbox is unavailable | mailbox not available | mailbox invalid | account not "
        "found | account does not exist | account doesn't exist | account that you tried to reach does not exist "
        "| account * not exist | address not found | address wasn't found | address wasn’t found | address does "
        "not exist | address doesn't exist | address not exist | address * not exist | address couldn't be found "
        "| address couldn’t be found | address is not valid | address is invalid | invalid address | invalid "
        "recipient | invalid mailbox | invalid user | invalid local | invalid email | is not a valid mailbox | is "
        "not a valid user | not a valid recipient | not a valid address | not a valid email | not a registered | "
        "not a known | not our customer | not known | is no longer available | is no longer valid | no longer on "
        "server | no longer at this | no longer employed | no longer with | bad destination mailbox address | bad "
        "mailbox | bad recipient | undeliverable address | undeliverable: user | wasn't found at the destination "
        "| wasn’t found at the destination | destination not found | this address no longer accepts mail | "
        "unbekannter empfänger | unbekannter benutzer | empfänger unbekannt | empfänger * nicht gefunden | "
        "adresse * unbekannt | benutzer * nicht | destinataire inconnu | utilisateur inconnu | adresse * inconnue "
        "| adresse d au moins un destinataire invalide | adresse * invalide | n'existe pas | n’existe pas | "
        "usuario desconocido | destinatario desconocido | usuario no existe | dirección * no existe | no se "
        "encontró la dirección | utente sconosciuto | destinatario sconosciuto | indirizzo * inesistente | "
        "usuário desconhecido | destinatário desconhecido | onbekende gebruiker | gebruiker onbekend | nieznany "
        "użytkownik | несуществующий | не существует | нет такого | пользователь не найден | адресат не найден | "
        "宛先不明 | リストにありません | 見つからない | 用户不存在 | 收件人不存在 | 地址不存在",
    ),
    (
        "rejected",
        "access denied | unexpected volume or user complaints | sender rejected | sender address rejected | "
        "sender address * reject | sender denied | sender refused | sender is blocked | sender blocked | sender "
        "not | sender * not allowed | sender * not exist | sender verify failed | sender verification | sender "
        "domain | domain of sender | invalid sender | invalid domain, see | unknown sender | bad sender | "
        "sender's address | mail from * denied | does not like sender | not a member | not member | not permitted "
        "to post | not allowed to post | not authorized to post | permission to post | only members | only * can "
        "post | not allowed to send to | you are not allowed to send | you do not have permission to send | "
        "doesn't have permission to send | don't have permission to send | senders outside | restricted to | "
        "sendernotauthenticated | group * may not exist",
    ),
    (
        "blocked",
        "blocked using | blocked by | has been blocked | is blocked | blacklist | black list | black-list | "
        "blocklist | block list | denylist | spamhaus | spamcop | barracudacentral | dnsbl | dynamic ip | "
        "dynamic/ | residential | banned | ip address * rejected | ip * refused | ip * denied | invalid ip | your "
        "ip | from your network | ip has been | your server | your host | client host | host rejected | helo "
        "command rejected | helo rejected | helo * reject | ehlo command rejected | invalid helo | bad helo | "
        "open relay | open proxy | use the smtp server of your isp | service refuse | refused to talk to me | "
        "connection refused by your | connection rejected | connections will not be accepted | connection dropped "
        "| not accepting connections from | mail server is | not allowed to connect | is listed | sorbs | mail "
        "from * blocked | go away | access * denied",
    ),
    (
        "securityerror",
        "smtp auth | authentication required | authentication failed | authentication failure | authentication "
        "turned on | authenticated | must issue a starttls | tls required | tls is required | encryption required "
        "| encryption needed | certificate | not authorized | unauthorized | permission denied | security reasons "
        "| account is subject to | insecure mail | sorry, you don't authenticate | pop before smtp | cannot "
        "verify | server refuses to",
    ),
    (
        "policyviolation",
        "policy | policies | prohibited | prohibition | administrative | violat | attachment * blocked | blocked "
        "attachment | potential security issue | presents a potential | not permitted | not allowed | disallowed",
    ),
    (
        "contenterror",
        "headers too large | header too large | bad content | mime error | malformed mime | malformed message | "
        "conversion | 8-bit | 8bit | charset | improper use | invalid content | invalid message | not * utf-8 | "
        "smtputf8 | routing loop | message header | unacceptable content | message content | objectionable",
    ),
    (
        "syntaxerror",
        "syntax error | malformed address | malformed recipient | command unrecognized | unrecognized command | "
        "bad sequence of commands | command not implemented | command not recognized | protocol error | unknown "
        "command",
    ),
    (
        "mailererror",
        "pipe to | pipe command | |/ | command died | command failed | command time limit | command output | exit "
        "status | exit code | exited with | died with status | child process | local mailer | mailer error | "
        "procmail | maildrop | x-unix | can't create output | process failed | couldn't write to | mailer *exited "
        "| bad exit",
    ),
    (
        "systemfull",
        "insufficient disk space | insufficient system storage | insufficient system resources | system full | no "
        "space left on device | out of disk | disk full | server storage | insufficient * space",
    ),
    (
        "systemerror",
        "configuration error | configuration problem | mail system error | internal system error | internal "
        "server error | internal error | internal software error | queue file write error | i/o error | out of "
        "memory | cannot allocate | server configuration | local problem | local error | unable to lock | "
        "temporary local | temporary system | unexpected error | unable to process | can't open | cannot open | "
        "could not open | cannot write | loop back to myself | duplicated message-id | timeout waiting for input "
        "| could not find a suitable | error in processing",
    ),
    (
        "expired",
        "retry time not reached | timed out | timeout | queue too long | too long in the queue | expired | could "
        "not be delivered for | not be delivered for more than | cannot send message for | could not send message "
        "for | not deliver for the last | giving up | failing for a long time | delivery attempts | attempts: | "
        "multiple retries | after multiple | has been delayed | delivery delayed | still being retried | will be "
        "retried | did not accept our requests to connect | socket error | not reachable | isn't responding | "
        "isn’t responding | not respond | connection refused | connection reset | connection lost | lost "
        "connection | lost while | connection dropped | conversation with * timed | unable to connect | could not "
        "connect | couldn't connect | cannot connect | failed to connect | connection died | could not be reached "
        "| deferred | within the allowed | could not find a gateway | too old",
    ),
    ("filtered", "filtered"),
    (
        "userunknown",
        "recipient address rejected | recipient rejected | recipient refused | all recipients | recipients rejected",
    ),
    (
        "systemerror",
        "system error | server error | temporary failure | temporary problem | service unavailable | service "
        "temporarily unavailable | service not available | service currently unavailable",
    ),
)

TABLE = tuple((reason, tuple(phrase.strip() for phrase in phrases.split(" | "))) for reason, phrases in _WORDS)
"""Each reason with its phrases, in order of precedence."""
