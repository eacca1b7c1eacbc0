"""Currencies: the ISO 4217 codes in use, and the value type that accepts only them."""

from dataclasses import dataclass

from user_activity.settings import Settings
from user_activity.sources.contracts.values import ValidationContext, Value, broken, sql_is_one_of

CURRENCIES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD
    LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND
    TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XCD XCG XDR XOF XPD XPF XPT
    XSU XUA YER ZAR ZMW ZWG HRK
    """.split()
)


@dataclass(frozen=True)
class Currency(Value):
    """An ISO 4217 code in upper or lower case."""

    def parse(self, text: str, context: ValidationContext) -> str:
        if not text.isascii() or text.upper() not in CURRENCIES:
            raise broken("unknown", "must be an ISO 4217 currency code, like EUR")
        return text.upper()

    def sql(self, text: str, settings: Settings) -> str:
        known = sql_is_one_of(f"upper({text})", sorted(CURRENCIES))
        return f"case when regexp_full_match({text}, '[A-Za-z]{{3}}') and {known} then upper({text}) end"
