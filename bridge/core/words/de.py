"""The bridge's words in German."""

from bridge.core.words.texts import Words

DE = Words(
    stranger=(
        "Neu hier: {who} kam durch ein Zitat in dieses Gespräch. Antworten an alle gehen erst nach einer "
        "Bestätigung dorthin."
    ),
    nobody="jemand ohne lesbare Adresse",
    elsewhere="Die Antwort soll an {who} gehen, neu in diesem Gespräch: sie muss bestätigt werden.",
    twin="Diese Mail trägt die Message-ID einer früheren, sagt aber etwas anderes.",
    several="Mehrere Absender: {who}",
    forged="Das hat nicht {who} geschrieben, sagt unser Mailserver (DMARC): der Absender ist wohl gefälscht.",
    posing="Es trägt den Namen von {name}, aber {address} ist nicht deren Adresse.",
    lookalike="{domain} ist nicht {ours}: es sieht nur so aus.",
    other_address="Im Namen des Absenders steht {said}, die Mail kommt aber von {address}.",
    goes_on=(
        "Dieses Gespräch gehört zu einem früheren: neue Mail erscheint dort. "
        "Antworten gehen weiterhin auch von hier ab."
    ),
    came_together="Ein anderes Gespräch gehört zu diesem: seine neue Mail erscheint hier.",
    handed_in="Weitergeleitet von {who}. Eine Antwort auf diese Mail geht an {to}.",
    not_vouched="Eine Weiterleitung, gezeigt wie sie kam: unser Mailserver bürgt nicht dafür, dass sie von {who} ist.",
    no_original="Eine Weiterleitung, gezeigt wie sie kam: der ursprüngliche Absender ist nicht sicher zu lesen.",
    unreadable="Diese Mail war nicht ganz lesbar ({why}).",
    too_complex="sie ist zu verschachtelt",
    original_attached="Das Original ist angehängt.",
    no_subject="(kein Betreff)",
    empty="(leere Nachricht)",
    more_attached="… (der ganze Text ist angehängt)",
    full_text="ganze Nachricht.txt",
    withheld_one="1 Anhang wird nicht gezeigt: {files}.",
    withheld_many="{count} Anhänge werden nicht gezeigt: {files}.",
    more_files="und {count} weitere",
    whole_mail="die ganze Mail",
    blocked="{what} ist gesperrt",
    not_allowed="nicht unter den erlaubten",
    too_large="über {size}",
    unseen="niemand kann sehen, was darin ist",
    original_at="Das Original: `{command}`.",
    quoted_one="1 zitierte Zeile",
    quoted_many="{count} zitierte Zeilen",
    signature="Signatur",
    disclaimer="Hinweis",
    folded="[{what}: eingeklappt. Mit {symbol} reagieren oder {command} antworten bringt den ganzen Text.]",
    left_out="[{what}: weggelassen. Mit {symbol} reagieren oder {command} antworten bringt den ganzen Text.]",
    picture_one="1 Bild",
    picture_many="{count} Bilder",
    encrypted="🔒 Diese Mail ist verschlüsselt, ganz oder teilweise, und wurde hier nicht geöffnet.",
    unchecked="✍ Diese Mail ist signiert, ganz oder teilweise. Die Signatur wurde nicht geprüft.",
    in_parts="Dies ist ein Teil einer Mail, die in mehreren verschickt wurde.",
    part_elsewhere="Ein Teil dieser Mail liegt anderswo und wurde nicht geholt.",
    miscoded="Ein Teil dieser Mail ist falsch kodiert: Text oder Dateien sind vielleicht nicht vollständig.",
    remote_one="1 Bild aus dem Netz wurde nicht geladen.",
    remote_many="{count} Bilder aus dem Netz wurden nicht geladen.",
    whole="Der ganze Text der Mail von {who}:",
    whole_part="Der ganze Text der Mail von {who}, {number} von {count}:",
    whole_of="{command} ist als Antwort auf eine Mail oder in ihrem Thread zu sagen: Hier ist keine gemeint.",
    no_more_text=(
        "Anderen Text, der hier zu lesen wäre, enthält sie nicht. "
        "Ihre Dateien hängen an ihr, soweit die Regeln sie zeigen."
    ),
    digest_one="Sammlung: 1 Mail",
    digest_many="Sammlung: {count} Mails",
    closed="Dieses Gespräch ist geschlossen. Eine neue Mail öffnet es wieder.",
    closed_by="Geschlossen von {who}. Eine neue Mail öffnet es wieder.",
    close_threads="{command} schließt ein Gespräch, das ein eigenes Zimmer hat: hier sind mehrere.",
    may_not_close="Sie gehören nicht zu denen, die von hier antworten dürfen, und können es darum nicht schließen.",
    close_answer=(
        "Nicht geschlossen: eine Antwort ist noch unterwegs. Bitte {command} noch einmal sagen, "
        "wenn sie fort ist, oder sie zurücknehmen."
    ),
    close_mail="Nicht geschlossen: eben kam eine neue Mail. Bitte {command} noch einmal sagen, wenn sie gelesen ist.",
    assigned="Für {who}",
    tagged="Schlagworte: {tags}",
    lobby="{title}: Lobby",
    line_one="1 Mail, {when}",
    line_many="{count} Mails, die letzte {when}",
    line_waits="wartet seit {when}",
    line_answered="beantwortet {when}",
    line_closed="geschlossen",
    line_free="niemand hat es: {symbol} übernimmt es",
    opened_again="Eine neue Mail hat ein Gespräch wieder geöffnet, das niemand hat. Seine Zeile steht weiter oben.",
    line_merged="geht in einem früheren Gespräch weiter",
    unsent="Nicht gesendet, es bleibt eine Notiz. {why}",
    command_needs="{command} braucht die Worte, die gesendet werden sollen.",
    only_replies="Gesendet wird nur eine Antwort auf eine Mail oder auf eine frühere Antwort.",
    side_room="Dieser Thread ist das interne Nebenzimmer: nichts von hier wird gesendet.",
    colleague="Sie erwähnt jemanden vom Team und gilt darum als Notiz.",
    says_nothing="Sie sagt nichts.",
    may_not="Sie gehören nicht zu denen, die von hier senden dürfen.",
    no_mail="Hier ist keine Mail, auf die man antworten könnte.",
    no_address="Diese Mail hat keine Adresse für eine Antwort.",
    observed="Nicht gesendet (outbound ist {outbound}: wäre an {who} gegangen, als {identity}). Betreff: {subject}",
    confirm=(
        "{doubt} An {who}. Mit ✅ auf diese Nachricht reagieren sendet die Antwort dorthin; die eigene "
        "Nachricht löschen nimmt sie zurück."
    ),
    approve=(
        "{doubt} An {who}. Sie geht ab, sobald {approvers} mit ✅ auf diese Nachricht reagiert. "
        "Wird die eigene gelöscht, unterbleibt sie."
    ),
    confirm_again="⏳ Geändert: Sie braucht das ✅ von neuem, auf diese Nachricht.",
    doubt_crowd="{count} Personen bekämen diese Antwort.",
    doubt_stranger="{who} kam nur durch eine Mail in dieses Gespräch, die es zitierte.",
    doubt_list="Diese Mail sagt nicht, wie man an ihre Liste schreibt: nur {who} bekommt sie.",
    more_people="{names} und {count} weitere",
    waiting="⏳ An {to}{cc} als {identity}, in {hold} s. Löschen nimmt die Nachricht zurück, bearbeiten ändert sie.",
    cc=", Kopie {who}",
    bcc=", Blindkopie {who}",
    forbidden="Die Regeln lassen von hier keine Antworten an {who} gehen.",
    rate="Mehr als {count} dürfen von hier in {span} min nicht hinaus: bitte in {wait} min noch einmal.",
    answer_too_large="Sie ist größer als die {size} MB, die von hier hinaus dürfen.",
    late_edit_begun="Die Änderung kam zu spät: die Mail wird schon gesendet, wie sie war. Mehr wird nicht gesendet.",
    late_edit_done="Die Änderung kam, als die Mail schon fort war: mehr wurde nicht gesendet.",
    late_edit_failed=(
        "Diese Antwort konnte nicht gesendet werden, und die Änderung ändert sie nicht: bitte als neue "
        "Antwort schreiben."
    ),
    late_edit_cancelled="Diese Antwort wurde vorher zurückgenommen: die Änderung sendet nichts.",
    now_a_note="↩ Zurückgenommen: es ist jetzt eine Notiz. Nichts wurde gesendet.",
    taken_back="↩ Zurückgenommen. Nichts wurde gesendet.",
    late_deletion="Die gelöschte Nachricht war schon als Mail fort: sie lässt sich nicht zurückholen.",
    deletion_begun=(
        "Die gelöschte Nachricht wird schon als Mail gesendet und kann fort sein: sie lässt sich nicht "
        "zurücknehmen. `{command}` beendet weitere Versuche."
    ),
    retrying="⏳ Neuer Versuch.",
    sealed="Verschlüsselte Nachrichten kann ich nicht lesen: nichts davon wird als Mail gesendet.",
    keyless="Diese Nachricht konnte ich nicht entschlüsseln: nichts davon geht als Mail hinaus. Bitte erneut senden.",
    keyless_many="{count} oder mehr Nachrichten dieser Stunde konnte ich nicht entschlüsseln: keine davon geht hinaus.",
    bare="Diese Nachricht war nicht verschlüsselt: nichts davon geht als Mail hinaus. Bitte verschlüsselt senden.",
    bare_many="{count} oder mehr Nachrichten dieser Stunde waren nicht verschlüsselt: keine davon geht hinaus.",
    sent="✅ Gesendet an {who}.",
    not_sent_to="Nicht gesendet an {who}.",
    not_sent="Nicht gesendet: {why}.",
    not_taken="⏳ Noch nicht angenommen für {who}. Nächster Versuch {when}.",
    not_yet="⏳ Noch nicht gesendet: {why}. Nächster Versuch {when}.",
    still="⏳ Immer noch nicht angenommen: {why}. Nächster Versuch {when}.",
    retry="Mit 🔁 hierauf reagieren versucht es noch einmal, oder `{command}`.",
    dropped="Nicht gesendet: ein Operator hat diese Antwort verworfen ({reason}).",
    mail_not_shown="❌ Eine Mail konnte hier nicht gezeigt werden: {why}.",
    file_not_shown="❌ Der Anhang {name} konnte hier nicht gezeigt werden: {why}.",
    shown_again="Das Original: `{original}`; noch einmal: `{again}`.",
    may_no_longer="{who} darf von hier nicht mehr als {identity} senden",
    unagreed_now="die Regeln verlangen jetzt, dass jemand zustimmt: bitte noch einmal schreiben",
    forbidden_now="die Regeln lassen keine Antworten an diese Empfänger gehen",
    too_large_now="sie hat {octets} Oktette, und die Regeln lassen {most} hinaus",
    outbound_now="outbound ist {outbound}: an diese Empfänger wird nichts gesendet",
    came_round=(
        "Diese Mail wurde schon einmal weitergegeben und kam zurück: sie steht hier und wird nicht "
        "noch einmal weitergeleitet."
    ),
    bounce_forwarded=(
        "Unzustellbarkeitsmeldungen werden weitergeleitet und auch hier gezeigt: diese kann das "
        "Weiterleiten selbst betreffen."
    ),
    would_forward="outbound ist {outbound}: sie wäre an {who} weitergeleitet worden.",
    would_copy="outbound ist {outbound}: eine Kopie wäre an {who} gegangen.",
    copy_failed="❌ Eine Kopie an {who} konnte nicht gesendet werden: {why}.",
    copy_waits="⏳ Eine Kopie an {who} wartet: {why}. Es wird weiter versucht.",
    mail_forwarded="Diese Mail kam an {inbox} und wird automatisch an Sie weitergeleitet.\nDas Original ist angehängt.",
    mail_copied="Diese Mail kam an {inbox}, und Sie erhalten automatisch eine Kopie.\nDas Original ist angehängt.",
    acknowledged="✉ Eine Eingangsbestätigung ging an {who}.",
    acknowledge_failed="❌ Die Eingangsbestätigung an {who} konnte nicht gesendet werden: {why}.",
    acknowledge_waits="⏳ Die Eingangsbestätigung an {who} wartet: {why}. Es wird weiter versucht.",
    would_acknowledge="outbound ist {outbound}: eine Eingangsbestätigung wäre an {who} gegangen.",
    mail_fallen_back=(
        "Der Chat, in dem Mail an {inbox} gelesen wird, ist seit {since} nicht erreichbar.\n"
        "Bis er zurück ist, erhalten Sie diese Mail hier; später erscheint sie auch im Chat.\n"
        "Das Original ist angehängt."
    ),
)
