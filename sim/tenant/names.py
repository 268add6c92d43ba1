"""Names for invented people, a few of them nasty: whatever a directory holds is untrusted."""

_FIRST = """
Adele Alex Allan Amina Anders Anouk Bianca Björn Carlos Chioma Christie Claire Daniel Debra Diego Dmitri Emily
Enrico Fatima Felix Gerhart Grady Hanna Henrietta Hiroshi Ines Irvin Isaiah Jakub Joni Jürgen Kaito Katarina Lee
Leila Lidia Lynne Maja Marco Megan Mei Miriam Mohamed Nestor Nia Olga Omar Patti Pedro Pradeep Priya Rasmus Rosa
Samira Sergei Sofia Tamar Tomasz Ulrike Vance Wanjiru Xavier Yusuf Zoe
"""
_LAST = """
Adeyemi Andersen Archie Bauer Bowen Brunner Cappelletti Chen Cline Costa Delgado Deyoung Dubois Eriksson Fischer
Garcia Gruber Haddad Holm Ivanova Jansen Johannes Kaya Kim Kowalska Langer Lopez Maier Meyers Mohan Moreau Mwangi
Nakamura Novak Okafor Olsen Pereira Petrov Pisani Rossi Sato Schmidt Sherman Silva Suzuki Tanaka Thompson Toivonen
Vance Varga Wagner Wilber Wilke Yamada Young Zimmermann
"""
FIRST, LAST = _FIRST.split(), _LAST.split()
DEPARTMENTS = ("Finance", "Engineering", "Sales", "Retail", "Legal", "Operations", "Marketing", "Human Resources")
TITLES = ("Analyst", "Engineer", "Manager", "Designer", "Consultant", "Accountant", "Director", None)
COUNTRIES = ("US", "DE", "NO", "IN", "BR", "JP", "KE", None)
PLACES = (
    ("Oslo", "Oslo", "NO", "198.51.100.7"),
    ("Lagos", "Lagos", "NG", "203.0.113.40"),
    ("Hamburg", "Hamburg", "DE", "198.51.100.81"),
    ("Austin", "Texas", "US", "192.0.2.77"),
    ("Osaka", "Osaka", "JP", "203.0.113.9"),
)
NASTY = (
    "<!channel> Robert Everyone",
    "*Bold* _Italic_ ~Struck~ `Code`",
    "<https://example.net|Click to approve>",
    "\u202eecnarG revorppA\u202c",
    "👩🏽‍🚀 Astrid Óskarsdóttir 🚀",
    "O'Brien; DROP TABLE users;--",
    "&lt;@U012ADMIN&gt; <@U012ADMIN>",
    "Maximiliana " + "Wolkenstein-" * 19 + "Trostburg",
    "\u2066Ze\u200bro\u00adWidth\u2069\nNewline",
)
"""mrkdwn, mentions, links, bidirectional marks, emoji, quotes, entities, 256 characters, invisible ones."""
