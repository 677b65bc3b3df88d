import type { Language } from '#libs/evidence';

/** What the page says in one language. Rules and reasons stay as they are: they are names. */
interface PageWords {
  readonly name: string;
  readonly direction: 'ltr' | 'rtl';
  readonly title: string;
  readonly intro: string;
  readonly pack: string;
  readonly roots: string;
  readonly rootsHint: string;
  readonly drop: string;
  readonly language: string;
  readonly waiting: string;
  readonly checking: string;
  readonly holds: string;
  readonly failed: string;
  readonly unreadableRoots: string;
  readonly checks: string;
  readonly rule: string;
  readonly about: string;
  readonly result: string;
  readonly ok: string;
  readonly notOk: string;
  readonly summary: string;
}

export const PAGE_WORDS: Readonly<Record<Language, PageWords>> = {
  en: {
    name: 'English',
    direction: 'ltr',
    title: 'Check an evidence pack',
    intro: 'This page works without a network. Nothing that you open here leaves this computer.',
    pack: 'Evidence pack (.zip)',
    roots: 'Root keys (.json)',
    rootsHint: 'Take them from somebody you trust, never from whoever gave you the pack.',
    drop: 'Or drop both files anywhere on this page.',
    language: 'Language',
    waiting: 'Open an evidence pack and root keys.',
    checking: 'Checking ...',
    holds: 'Everything holds.',
    failed: 'Something failed. Believe nothing of this pack.',
    unreadableRoots: 'These are no root keys.',
    checks: 'Checks',
    rule: 'Rule',
    about: 'File',
    result: 'Result',
    ok: 'OK',
    notOk: 'FAILED',
    summary: 'What follows',
  },
  sr: {
    name: 'Српски',
    direction: 'ltr',
    title: 'Провера доказног пакета',
    intro: 'Ова страница ради без мреже. Ништа што овде отворите не напушта овај рачунар.',
    pack: 'Доказни пакет (.zip)',
    roots: 'Коренски кључеви (.json)',
    rootsHint: 'Узмите их од некога коме верујете, никада од онога ко вам је дао пакет.',
    drop: 'Или превуците обе датотеке било где на ову страницу.',
    language: 'Језик',
    waiting: 'Отворите доказни пакет и коренске кључеве.',
    checking: 'Провера у току ...',
    holds: 'Све је исправно.',
    failed: 'Нешто није исправно. Не верујте ничему из овог пакета.',
    unreadableRoots: 'Ово нису коренски кључеви.',
    checks: 'Провере',
    rule: 'Правило',
    about: 'Датотека',
    result: 'Исход',
    ok: 'ИСПРАВНО',
    notOk: 'НЕИСПРАВНО',
    summary: 'Шта следи',
  },
  ar: {
    name: 'العربية',
    direction: 'rtl',
    title: 'التحقق من حزمة أدلة',
    intro: 'تعمل هذه الصفحة دون شبكة. لا يغادر هذا الحاسوب أي شيء تفتحه هنا.',
    pack: 'حزمة الأدلة (‎.zip)',
    roots: 'المفاتيح الجذرية (‎.json)',
    rootsHint: 'خذها ممن تثق به، وليس أبدًا ممن أعطاك الحزمة.',
    drop: 'أو أفلت الملفين في أي مكان من هذه الصفحة.',
    language: 'اللغة',
    waiting: 'افتح حزمة أدلة ومفاتيح جذرية.',
    checking: 'جارٍ التحقق ...',
    holds: 'كل شيء صحيح.',
    failed: 'أخفق بعض التحقق. لا تصدق شيئًا من هذه الحزمة.',
    unreadableRoots: 'هذه ليست مفاتيح جذرية.',
    checks: 'عمليات التحقق',
    rule: 'القاعدة',
    about: 'الملف',
    result: 'النتيجة',
    ok: 'صحيح',
    notOk: 'أخفق',
    summary: 'ما ينتج عن ذلك',
  },
  tr: {
    name: 'Türkçe',
    direction: 'ltr',
    title: 'Kanıt paketini denetleyin',
    intro: 'Bu sayfa ağ olmadan çalışır. Burada açtığınız hiçbir şey bu bilgisayardan çıkmaz.',
    pack: 'Kanıt paketi (.zip)',
    roots: 'Kök anahtarlar (.json)',
    rootsHint: 'Bunları güvendiğiniz birinden alın, asla paketi size verenden almayın.',
    drop: 'Ya da iki dosyayı bu sayfanın herhangi bir yerine bırakın.',
    language: 'Dil',
    waiting: 'Bir kanıt paketi ve kök anahtarları açın.',
    checking: 'Denetleniyor ...',
    holds: 'Her şey doğru.',
    failed: 'Bir denetim başarısız oldu. Bu paketteki hiçbir şeye inanmayın.',
    unreadableRoots: 'Bunlar kök anahtar değil.',
    checks: 'Denetimler',
    rule: 'Kural',
    about: 'Dosya',
    result: 'Sonuç',
    ok: 'DOĞRU',
    notOk: 'BAŞARISIZ',
    summary: 'Bundan çıkan',
  },
  bg: {
    name: 'Български',
    direction: 'ltr',
    title: 'Проверка на пакет с доказателства',
    intro: 'Тази страница работи без мрежа. Нищо, което отворите тук, не напуска този компютър.',
    pack: 'Пакет с доказателства (.zip)',
    roots: 'Коренни ключове (.json)',
    rootsHint: 'Вземете ги от някого, на когото вярвате, никога от този, който ви е дал пакета.',
    drop: 'Или пуснете двата файла където и да е на тази страница.',
    language: 'Език',
    waiting: 'Отворете пакет с доказателства и коренни ключове.',
    checking: 'Проверява се ...',
    holds: 'Всичко е вярно.',
    failed: 'Нещо не е вярно. Не вярвайте на нищо от този пакет.',
    unreadableRoots: 'Това не са коренни ключове.',
    checks: 'Проверки',
    rule: 'Правило',
    about: 'Файл',
    result: 'Резултат',
    ok: 'ВЯРНО',
    notOk: 'НЕВЯРНО',
    summary: 'Какво следва',
  },
};
