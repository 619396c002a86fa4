"""The bridge's words in French."""

from bridge.core.words.texts import Words

FR = Words(
    stranger=(
        "Nouveau ici : {who} s'est joint à la conversation en la citant. Les réponses à tous l'excluent "
        "jusqu'à confirmation."
    ),
    nobody="quelqu'un sans adresse lisible",
    elsewhere="La réponse est demandée à {who}, inconnu dans cette conversation : elle doit être confirmée.",
    twin="Ce message reprend le Message-ID d'un message précédent mais dit autre chose.",
    several="Plusieurs expéditeurs : {who}",
    forged="{who} n'a pas écrit ceci, dit notre serveur de mail (DMARC échoue) : expéditeur sans doute falsifié.",
    posing="Ce mail porte le nom de {name}, mais {address} n'est pas son adresse.",
    lookalike="{domain} n'est pas {ours} : il y ressemble seulement.",
    other_address="Le nom de l'expéditeur dit {said}, mais le mail vient de {address}.",
    goes_on=(
        "Cette conversation fait partie d'une plus ancienne : les nouveaux mails y paraissent. "
        "On peut encore répondre d'ici."
    ),
    came_together="Une autre conversation fait partie de celle-ci : ses nouveaux mails paraissent ici.",
    handed_in="Transféré par {who}. Une réponse à ce mail va à {to}.",
    not_vouched="Un transfert, montré tel quel : notre serveur de mail ne garantit pas qu'il vient de {who}.",
    no_original="Un transfert, montré tel quel : son expéditeur d'origine ne se lit pas avec certitude.",
    unreadable="Ce message n'a pas pu être lu en entier ({why}).",
    too_complex="il est trop complexe",
    original_attached="L'original est joint.",
    no_subject="(sans objet)",
    empty="(message vide)",
    more_attached="… (le texte entier est joint)",
    full_text="message entier.txt",
    withheld_one="1 pièce jointe n'est pas affichée : {files}.",
    withheld_many="{count} pièces jointes ne sont pas affichées : {files}.",
    more_files="et {count} autres",
    whole_mail="le message entier",
    blocked="{what} est bloqué",
    not_allowed="pas parmi ceux autorisés",
    too_large="plus de {size}",
    unseen="nul ne voit ce qu'il contient",
    original_at="L'original : `{command}`.",
    quoted_one="1 ligne citée",
    quoted_many="{count} lignes citées",
    signature="Signature",
    disclaimer="Mention",
    folded="[{what} : replié. Réagir avec {symbol} ou répondre {command} donne le texte entier.]",
    left_out="[{what} : omis. Réagir avec {symbol} ou répondre {command} donne le texte entier.]",
    picture_one="1 image",
    picture_many="{count} images",
    encrypted="🔒 Ce message est chiffré, en tout ou en partie, et n'a pas été ouvert ici.",
    unchecked="✍ Ce message est signé, en tout ou en partie. La signature n'a pas été vérifiée.",
    in_parts="Ceci est une partie d'un message envoyé en plusieurs.",
    part_elsewhere="Une partie de ce message se trouve ailleurs et n'a pas été chargée.",
    miscoded="Une partie de ce message est mal encodée : son texte ou un fichier est peut-être incomplet.",
    remote_one="1 image distante n'a pas été chargée.",
    remote_many="{count} images distantes n'ont pas été chargées.",
    whole="Le texte entier du message de {who} :",
    whole_part="Le texte entier du message de {who}, {number} sur {count} :",
    whole_of="Répondez {command} à un message, ou dites-le dans son fil : ici, aucun n'est visé.",
    no_more_text=(
        "Il ne contient pas d'autre texte lisible ici. "
        "Ses fichiers lui sont joints, dans la mesure où les règles les montrent."
    ),
    digest_one="Recueil : 1 message",
    digest_many="Recueil : {count} messages",
    closed="Cette conversation est close. Un nouveau courriel la rouvre.",
    closed_by="Close par {who}. Un nouveau courriel la rouvre.",
    close_threads="{command} clôt une conversation qui a son propre salon : il y en a plusieurs ici.",
    may_not_close="Vous ne faites pas partie de ceux qui peuvent répondre d’ici, et ne pouvez donc pas la clore.",
    close_answer=(
        "Non close : une réponse est encore en route. Redites {command} quand elle sera partie, ou retirez-la."
    ),
    close_mail="Non close : un nouveau courriel vient d’arriver. Redites {command} quand vous l’aurez lu.",
    assigned="Pour {who}",
    tagged="étiquettes : {tags}",
    lobby="{title} : accueil",
    line_one="1 message, {when}",
    line_many="{count} messages, le dernier {when}",
    line_waits="attend depuis {when}",
    line_answered="répondu {when}",
    line_closed="close",
    line_free="à personne : {symbol} la prend",
    opened_again="Un nouveau mail a rouvert une conversation que personne n'a prise. Sa ligne se trouve plus haut.",
    line_merged="continue dans une conversation antérieure",
    unsent="Non envoyé, cela reste une note. {why}",
    command_needs="{command} attend le texte à envoyer.",
    only_replies="Seule une réponse à un message, ou à une réponse précédente, est envoyée.",
    side_room="Ce fil est l'aparté interne : rien de ce qui s'y dit n'est envoyé.",
    colleague="Il mentionne un collègue et passe donc pour une note.",
    says_nothing="Il ne dit rien.",
    may_not="Vous n'êtes pas de ceux qui peuvent envoyer d'ici.",
    no_mail="Il n'y a ici aucun message auquel répondre.",
    no_address="Ce message n'a pas d'adresse de réponse.",
    observed="Non envoyé (outbound est {outbound} : serait parti à {who} en tant que {identity}). Objet : {subject}",
    confirm="{doubt} À {who}. Réagir avec ✅ à ce message leur envoie la réponse ; supprimer le vôtre la retire.",
    approve=(
        "{doubt} À {who}. Elle part dès que {approvers} réagit avec ✅ à ce message. Supprimer le vôtre la retire."
    ),
    confirm_again="⏳ Modifiée : il lui faut un nouveau ✅, sur ce message.",
    doubt_crowd="{count} personnes recevraient cette réponse.",
    doubt_stranger="{who} n'est entré dans cette conversation que par un message qui la citait.",
    doubt_list="Ce message ne dit pas comment écrire à sa liste : seul {who} la reçoit.",
    more_people="{names} et {count} autres",
    waiting=(
        "⏳ À {to}{cc} en tant que {identity}, dans {hold} s. Supprimez votre message pour le retirer, "
        "modifiez-le pour le changer."
    ),
    cc=", copie {who}",
    bcc=", copie cachée {who}",
    forbidden="Les règles n'autorisent pas de réponse d'ici à {who}.",
    rate="Pas plus de {count} peuvent partir d'ici en {span} min : redites-le dans {wait} min.",
    answer_too_large="Elle dépasse les {size} Mo qui peuvent partir d'ici.",
    late_edit_begun=(
        "La modification vient trop tard : le message est déjà en cours d'envoi tel quel. Rien d'autre n'est envoyé."
    ),
    late_edit_done="La modification est venue après le départ du message : rien d'autre n'a été envoyé.",
    late_edit_failed=(
        "Cette réponse n'a pas pu être envoyée et la modification n'y change rien : redites-la dans une "
        "nouvelle réponse."
    ),
    late_edit_cancelled="Cette réponse avait été retirée : la modification n'envoie rien.",
    now_a_note="↩ Retiré : c'est maintenant une note. Rien n'a été envoyé.",
    taken_back="↩ Retiré. Rien n'a été envoyé.",
    late_deletion="Le message supprimé était déjà parti comme courriel : il ne peut être rappelé.",
    deletion_begun=(
        "Le message supprimé est déjà en cours d'envoi et a pu partir : il ne peut être retiré. `{command}` "
        "met fin aux essais."
    ),
    retrying="⏳ Nouvel essai.",
    sealed="Je ne peux pas lire les messages chiffrés : rien n'en est envoyé.",
    keyless="Je n'ai pas pu déchiffrer ce message : rien n'en est envoyé. Veuillez le réécrire.",
    keyless_many="Je n'ai pas pu déchiffrer {count} de vos messages de cette heure, ou plus : rien n'en est envoyé.",
    bare="Ce message n'était pas chiffré, à la différence des autres : rien n'en est envoyé. Veuillez le réécrire.",
    bare_many="{count} de vos messages de cette heure, ou plus, n'étaient pas chiffrés : rien n'en est envoyé.",
    sent="✅ Envoyé à {who}.",
    not_sent_to="Non envoyé à {who}.",
    not_sent="Non envoyé : {why}.",
    not_taken="⏳ Pas encore accepté pour {who}. Prochain essai {when}.",
    not_yet="⏳ Pas encore envoyé : {why}. Prochain essai {when}.",
    still="⏳ Toujours pas accepté : {why}. Prochain essai {when}.",
    retry="Réagissez ici avec 🔁 pour réessayer, ou utilisez `{command}`.",
    dropped="Non envoyé : un opérateur a abandonné cette réponse ({reason}).",
    mail_not_shown="❌ Un message n'a pas pu être affiché ici : {why}.",
    file_not_shown="❌ La pièce jointe {name} n'a pas pu être affichée ici : {why}.",
    shown_again="L'original : `{original}` ; de nouveau : `{again}`.",
    may_no_longer="{who} ne peut plus envoyer d'ici en tant que {identity}",
    unagreed_now="les règles demandent maintenant l'accord de quelqu'un : à écrire de nouveau",
    forbidden_now="les règles n'autorisent pas de réponse à ces destinataires",
    too_large_now="elle a {octets} octets, et les règles en laissent partir {most}",
    outbound_now="outbound est {outbound} : rien n'est envoyé à ces destinataires",
    came_round="Ce message a déjà été transmis et il est revenu : il est affiché ici et ne sera plus transféré.",
    bounce_forwarded=(
        "Les avis de non-remise sont transférés et aussi affichés ici : celui-ci peut concerner le transfert lui-même."
    ),
    would_forward="outbound est {outbound} : il aurait été transféré à {who}.",
    would_copy="outbound est {outbound} : une copie aurait été envoyée à {who}.",
    copy_failed="❌ Une copie à {who} n'a pas pu être envoyée : {why}.",
    copy_waits="⏳ Une copie à {who} attend : {why}. Nouvel essai plus tard.",
    mail_forwarded=(
        "Ce message est arrivé à {inbox} et vous est transféré automatiquement.\nL'original est en pièce jointe."
    ),
    mail_copied=(
        "Ce message est arrivé à {inbox} et vous en recevez automatiquement une copie.\nL'original est en pièce jointe."
    ),
    acknowledged="✉ Un accusé de réception a été envoyé à {who}.",
    acknowledge_failed="❌ L'accusé de réception à {who} n'a pas pu être envoyé : {why}.",
    acknowledge_waits="⏳ L'accusé de réception à {who} attend : {why}. Nouvel essai plus tard.",
    would_acknowledge="outbound est {outbound} : un accusé de réception aurait été envoyé à {who}.",
    mail_fallen_back=(
        "Le salon où l'on lit les messages adressés à {inbox} est injoignable depuis {since}.\n"
        "En attendant son retour, vous les recevez ici ; ils y apparaîtront aussi plus tard.\n"
        "L'original est en pièce jointe."
    ),
)
