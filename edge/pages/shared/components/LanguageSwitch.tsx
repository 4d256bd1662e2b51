import { language, setLanguage, t } from '../i18n';

export function LanguageSwitch() {
  return (
    <button
      class="ghost small"
      data-testid="language-switch"
      lang={language.value === 'en' ? 'zh-CN' : 'en'}
      onClick={() => setLanguage(language.value === 'en' ? 'zh-CN' : 'en')}
    >
      {t('app.language')}
    </button>
  );
}
