/** The words of a summary in one language. */
export interface SummaryWords {
  readonly title: string;
  readonly timesAreUtc: string;
  readonly leg: string;
  readonly request: string;
  readonly kind: string;
  readonly priority: string;
  readonly sentBy: string;
  readonly recipient: string;
  readonly signedAt: string;
  readonly acceptedAt: string;
  readonly witnessedAt: string;
  readonly hash: string;
  readonly receivedAt: string;
  readonly deliveredAt: string;
  readonly notDelivered: string;
  readonly statedBy: string;
  /** Takes the number of desks. */
  readonly desksThatRead: string;
  readonly status: string;
  readonly unaltered: string;
  readonly messages: string;
  readonly agreement: string;
  readonly deadlineProfile: string;
  readonly directory: string;
  readonly log: string;
  readonly witnesses: string;
  readonly training: string;
  readonly provesNothing: string;
}

const en: SummaryWords = {
  title: 'What this evidence pack proves',
  timesAreUtc: 'All times are in UTC.',
  leg: 'Leg',
  request: 'Request',
  kind: 'Kind of request',
  priority: 'Priority',
  sentBy: 'Sent by',
  recipient: 'Recipient',
  signedAt: 'Signed, by the clock of the signer',
  acceptedAt: 'Accepted by the hub',
  witnessedAt: 'Seen in the log by independent witnesses no later than',
  hash: 'SHA-256 of the signed envelope',
  receivedAt: 'Receipt of the gateway',
  deliveredAt: 'Delivered',
  notDelivered: 'no statement of the recipient in this pack',
  statedBy: 'Stated by',
  desksThatRead: 'Desks that opened it',
  status: 'State after the last event of this pack',
  unaltered: 'Unaltered: the envelope is, byte for byte, the one that was signed, accepted and logged.',
  messages: 'Messages in this pack',
  agreement: 'Agreement in force',
  deadlineProfile: 'Profile of deadlines',
  directory: 'Directory of keys: number of changes, stated at',
  log: 'Log: name, number of leaves, root',
  witnesses: 'Witnesses, and when they were enough',
  training: 'TRAINING: an exercise, no real exchange.',
  provesNothing:
    'This text proves nothing by itself. Whoever has the root keys checks the pack with the program "verify".',
};

const sr: SummaryWords = {
  title: 'Шта доказује овај доказни пакет',
  timesAreUtc: 'Сва времена су у UTC.',
  leg: 'Део захтева',
  request: 'Захтев',
  kind: 'Врста захтева',
  priority: 'Хитност',
  sentBy: 'Послао',
  recipient: 'Прималац',
  signedAt: 'Потписано, по сату потписника',
  acceptedAt: 'Примљено у чвориште',
  witnessedAt: 'Независни сведоци су видели у дневнику најкасније',
  hash: 'SHA-256 потписане коверте',
  receivedAt: 'Потврда пријема',
  deliveredAt: 'Уручено',
  notDelivered: 'у овом пакету нема изјаве примаоца',
  statedBy: 'Изјавио',
  desksThatRead: 'Број служби које су га отвориле',
  status: 'Стање после последњег догађаја у овом пакету',
  unaltered: 'Неизмењено: коверта је, бајт по бајт, она која је потписана, примљена и уписана у дневник.',
  messages: 'Број порука у овом пакету',
  agreement: 'Споразум на снази',
  deadlineProfile: 'Профил рокова',
  directory: 'Именик кључева: број измена, изјављено',
  log: 'Дневник: назив, број листова, корен',
  witnesses: 'Сведоци, и када их је било довољно',
  training: 'ВЕЖБА: ово није стварна размена.',
  provesNothing:
    'Овај текст сам по себи ништа не доказује. Ко има коренске кључеве, проверава пакет програмом "verify".',
};

const ar: SummaryWords = {
  title: 'ما تثبته حزمة الأدلة هذه',
  timesAreUtc: 'جميع الأوقات بالتوقيت العالمي المنسق UTC.',
  leg: 'مسار الطلب',
  request: 'الطلب',
  kind: 'نوع الطلب',
  priority: 'الأولوية',
  sentBy: 'المرسل',
  recipient: 'المستلم',
  signedAt: 'وُقّع بحسب ساعة الموقّع',
  acceptedAt: 'قُبل في المركز',
  witnessedAt: 'رآه شهود مستقلون في السجل في موعد أقصاه',
  hash: 'بصمة SHA-256 للمغلف الموقّع',
  receivedAt: 'إيصال البوابة',
  deliveredAt: 'سُلّم',
  notDelivered: 'لا يوجد في هذه الحزمة بيان من المستلم',
  statedBy: 'صاحب البيان',
  desksThatRead: 'عدد المكاتب التي فتحته',
  status: 'الحالة بعد آخر حدث في هذه الحزمة',
  unaltered: 'دون تغيير: المغلف هو نفسه، بايتًا ببايت، الذي وُقّع وقُبل ودُوّن في السجل.',
  messages: 'عدد الرسائل في هذه الحزمة',
  agreement: 'الاتفاق النافذ',
  deadlineProfile: 'ملف المهل الزمنية',
  directory: 'دليل المفاتيح: عدد التغييرات، وقت البيان',
  log: 'السجل: الاسم، عدد الأوراق، الجذر',
  witnesses: 'الشهود، ومتى اكتمل عددهم',
  training: 'تدريب: هذا ليس تبادلًا حقيقيًا.',
  provesNothing: 'هذا النص لا يثبت شيئًا بحد ذاته. من يملك المفاتيح الجذرية يتحقق من الحزمة بالبرنامج "verify".',
};

const tr: SummaryWords = {
  title: 'Bu kanıt paketi neyi kanıtlıyor',
  timesAreUtc: 'Tüm saatler UTC olarak verilmiştir.',
  leg: 'Talep ayağı',
  request: 'Talep',
  kind: 'Talebin türü',
  priority: 'Öncelik',
  sentBy: 'Gönderen',
  recipient: 'Alıcı',
  signedAt: 'İmzalayanın saatine göre imzalanma zamanı',
  acceptedAt: 'Merkezce kabul edildi',
  witnessedAt: 'Bağımsız tanıkların kayıtta en geç gördüğü zaman',
  hash: 'İmzalı zarfın SHA-256 özeti',
  receivedAt: 'Ağ geçidinin alındısı',
  deliveredAt: 'Teslim edildi',
  notDelivered: 'bu pakette alıcının beyanı yok',
  statedBy: 'Beyan eden',
  desksThatRead: 'Açan masa sayısı',
  status: 'Bu paketteki son olaydan sonraki durum',
  unaltered: 'Değiştirilmemiş: zarf, imzalanan, kabul edilen ve kayda geçen zarfın bayt bayt aynısıdır.',
  messages: 'Bu paketteki ileti sayısı',
  agreement: 'Yürürlükteki anlaşma',
  deadlineProfile: 'Süre profili',
  directory: 'Anahtar rehberi: değişiklik sayısı, beyan zamanı',
  log: 'Kayıt: adı, yaprak sayısı, kökü',
  witnesses: 'Tanıklar ve yeterli oldukları zaman',
  training: 'TATBİKAT: gerçek bir alışveriş değildir.',
  provesNothing:
    'Bu metin tek başına hiçbir şeyi kanıtlamaz. Kök anahtarlara sahip olan, paketi "verify" programıyla denetler.',
};

const bg: SummaryWords = {
  title: 'Какво доказва този пакет с доказателства',
  timesAreUtc: 'Всички часове са в UTC.',
  leg: 'Част от запитването',
  request: 'Запитване',
  kind: 'Вид на запитването',
  priority: 'Спешност',
  sentBy: 'Изпратено от',
  recipient: 'Получател',
  signedAt: 'Подписано, по часовника на подписалия',
  acceptedAt: 'Прието от възела',
  witnessedAt: 'Видяно в дневника от независими свидетели най-късно',
  hash: 'SHA-256 на подписания плик',
  receivedAt: 'Разписка на шлюза',
  deliveredAt: 'Доставено',
  notDelivered: 'в този пакет няма изявление на получателя',
  statedBy: 'Заявено от',
  desksThatRead: 'Брой бюра, които са го отворили',
  status: 'Състояние след последното събитие в този пакет',
  unaltered: 'Непроменено: пликът е байт по байт същият, който е подписан, приет и вписан в дневника.',
  messages: 'Брой съобщения в този пакет',
  agreement: 'Споразумение в сила',
  deadlineProfile: 'Профил на сроковете',
  directory: 'Указател на ключовете: брой промени, заявено в',
  log: 'Дневник: име, брой листа, корен',
  witnesses: 'Свидетели и кога са станали достатъчно',
  training: 'УЧЕНИЕ: това не е истински обмен.',
  provesNothing:
    'Този текст сам по себе си не доказва нищо. Който има коренните ключове, проверява пакета с програмата "verify".',
};

export const SUMMARY_WORDS = { en, sr, ar, tr, bg } as const satisfies Record<string, SummaryWords>;
