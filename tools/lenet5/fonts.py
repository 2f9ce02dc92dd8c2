#!/usr/bin/env python3
"""The fonts that the digits are drawn with, all from Debian 12 and all free.

Training and test share no family and no design: of two families with the same
drawing (Liberation and Croscore, Hack and DejaVu Sans Mono) both are on one
side or one is left out. The split was fixed before the first training.

    python3 fonts.py            prints the table of README.md, with the versions that are installed
    python3 fonts.py packages   prints the packages for apt-get install
"""
import glob
import os
import subprocess
import sys
from typing import NamedTuple

ROOT = "/usr/share/fonts"


class Family(NamedTuple):
    name: str
    package: str  # Debian's
    licence: str  # of the font files, by /usr/share/doc/PACKAGE/copyright
    patterns: str  # of its files under ROOT, with spaces between them and ? for a space in a name


TRAINING = [
    Family("Anonymous Pro", "fonts-anonymous-pro", "OFL-1.1", "truetype/anonymous-pro/Anonymous?Pro*.ttf"),
    Family("Arapey", "fonts-arapey", "OFL-1.1", "opentype/arapey/Arapey-Regular.otf opentype/arapey/Arapey-Black.otf"),
    Family("Bebas Neue", "fonts-bebas-neue", "OFL-1.1", "opentype/bebas-neue/BebasNeue-*.otf"),
    Family("Caladea", "fonts-crosextra-caladea", "Apache-2.0", "truetype/crosextra/Caladea-*.ttf"),
    Family("Cantarell", "fonts-cantarell", "OFL-1.1", "opentype/cantarell/Cantarell-*.otf"),
    Family("Carlito", "fonts-crosextra-carlito", "OFL-1.1", "truetype/crosextra/Carlito-*.ttf"),
    Family("Charis SIL", "fonts-sil-charis", "OFL-1.1", "truetype/charis/CharisSIL-*.ttf"),
    Family("CMU", "fonts-cmu", "OFL-1.1", "truetype/cmu/cmun[bu]x.ttf truetype/cmu/cmunrm.ttf truetype/cmu/cmuns[ls].ttf "
           "truetype/cmu/cmunt[ti].ttf truetype/cmu/cmun[cv]i.ttf truetype/cmu/cmunsx.ttf"),
    Family("Comfortaa", "fonts-comfortaa", "OFL-1.1", "truetype/comfortaa/Comfortaa-*.ttf"),
    Family("Dancing Script", "fonts-dancingscript", "OFL-1.1", "opentype/dancingscript/DancingScript-*.otf"),
    Family("DejaVu Sans", "fonts-dejavu-core fonts-dejavu-extra", "Bitstream Vera", "truetype/dejavu/DejaVuSans[.-]*.ttf "
           "truetype/dejavu/DejaVuSansCondensed*.ttf"),
    Family("DejaVu Sans Mono", "fonts-dejavu-core fonts-dejavu-extra", "Bitstream Vera", "truetype/dejavu/DejaVuSansMono*.ttf"),
    Family("DejaVu Serif", "fonts-dejavu-core fonts-dejavu-extra", "Bitstream Vera", "truetype/dejavu/DejaVuSerif*.ttf"),
    Family("Dosis", "fonts-dosis", "OFL-1.1", "opentype/dosis/Dosis-*.otf"),
    Family("Doulos SIL", "fonts-sil-doulos", "OFL-1.1", "truetype/doulos/DoulosSIL-Regular.ttf"),
    Family("Fantasque Sans Mono", "fonts-fantasque-sans", "OFL-1.1", "truetype/fantasque-sans/Normal/TTF/*.ttf"),
    Family("Fira Code", "fonts-firacode", "OFL-1.1", "truetype/firacode/FiraCode-*.ttf"),
    Family("Gentium", "fonts-sil-gentium", "OFL-1.1", "truetype/gentium/Gentium-*.ttf"),
    Family("Go", "fonts-go", "BSD-3-Clause", "fonts-go/Go-Bold*.ttf fonts-go/Go-Italic.ttf fonts-go/Go-Medium*.ttf fonts-go/Go-Regular.ttf"),
    Family("Go Mono", "fonts-go", "BSD-3-Clause", "fonts-go/Go-Mono*.ttf"),
    Family("Humor Sans", "fonts-humor-sans", "OFL-1.1", "truetype/humor-sans/Humor-Sans.ttf"),
    Family("Inconsolata", "fonts-inconsolata", "OFL-1.0", "truetype/inconsolata/Inconsolata.otf"),
    Family("Junction", "fonts-junction", "OFL-1.1", "opentype/junction/Junction.otf"),
    Family("Kalapi", "fonts-kalapi", "OFL-1.1", "truetype/fonts-kalapi/Kalapi.ttf"),
    Family("Kristi", "fonts-kristi", "OFL-1.1", "truetype/kristi/Kristi.ttf"),
    Family("Lato", "fonts-lato", "OFL-1.1", "truetype/lato/Lato-*.ttf"),
    Family("League Spartan", "fonts-league-spartan", "OFL-1.1", "opentype/league-spartan/LeagueSpartan-*.otf"),
    Family("Liberation Mono", "fonts-liberation2", "OFL-1.1", "truetype/liberation2/LiberationMono-*.ttf"),
    Family("Liberation Sans", "fonts-liberation2", "OFL-1.1", "truetype/liberation2/LiberationSans-*.ttf"),
    Family("Liberation Serif", "fonts-liberation2", "OFL-1.1", "truetype/liberation2/LiberationSerif-*.ttf"),
    Family("Lobster", "fonts-lobster", "OFL-1.1", "opentype/lobster/lobster.otf"),
    Family("Lobster Two", "fonts-lobstertwo", "OFL-1.1", "opentype/lobstertwo/LobsterTwo-*.otf"),
    Family("mononoki", "fonts-mononoki", "OFL-1.1", "truetype/mononoki/mononoki-*.ttf"),
    Family("National Park", "fonts-national-park", "OFL-1.1", "opentype/national-park/NationalPark-[HRT]*.otf"),
    Family("Noto Sans", "fonts-noto-core", "OFL-1.1", "truetype/noto/NotoSans-*.ttf truetype/noto/NotoSansDisplay-*.ttf"),
    Family("Noto Sans Mono", "fonts-noto-mono", "OFL-1.1", "truetype/noto/NotoSansMono-*.ttf truetype/noto/NotoMono-*.ttf"),
    Family("Noto Serif", "fonts-noto-core", "OFL-1.1", "truetype/noto/NotoSerif-*.ttf truetype/noto/NotoSerifDisplay-*.ttf"),
    Family("Open Sans", "fonts-open-sans", "Apache-2.0", "truetype/open-sans/OpenSans-*.ttf"),
    Family("Oxygen", "fonts-oxygen", "OFL-1.1", "truetype/oxygen/Oxygen*.ttf"),
    Family("Play", "fonts-play", "OFL-1.1", "truetype/play/Play-*.ttf"),
    Family("Quicksand", "fonts-quicksand", "OFL-1.1", "truetype/quicksand/Quicksand-*.ttf"),
    Family("Roboto", "fonts-roboto-unhinted", "Apache-2.0", "truetype/roboto/unhinted/RobotoTTF/Roboto-*.ttf "
           "truetype/roboto/unhinted/RobotoCondensed-*.ttf"),
    Family("Roboto Slab", "fonts-roboto-slab", "Apache-2.0", "opentype/roboto/slab/RobotoSlab-*.otf"),
    Family("Sora", "fonts-sora", "OFL-1.1", "opentype/sora/Sora-*.otf"),
    Family("STIX", "fonts-stix", "OFL-1.1", "opentype/stix-word/STIX-*.otf"),
    Family("Yanone Kaffeesatz", "fonts-yanone-kaffeesatz", "OFL-1.1", "opentype/yanone-kaffeesatz/YanoneKaffeesatz-*.otf"),
]

HELD_OUT = [
    Family("Andika", "fonts-sil-andika", "OFL-1.1", "truetype/andika/Andika-*.ttf"),
    Family("B612", "fonts-b612", "OFL-1.1", "opentype/b612/B612*.otf"),
    Family("Cabin", "fonts-cabin", "OFL-1.1", "opentype/cabin/Cabin-*.otf"),
    Family("Clear Sans", "fonts-clear-sans", "Apache-2.0", "truetype/clear-sans/ClearSans-*.ttf"),
    Family("Comic Neue", "fonts-comic-neue", "OFL-1.1", "opentype/comic-neue/ComicNeue-*.otf"),
    Family("Courier Prime", "fonts-courier-prime", "OFL-1.1", "opentype/courier-prime/Courier?Prime*.otf"),
    Family("Inter", "fonts-inter", "OFL-1.1", "opentype/inter/Inter*.otf"),
    Family("JetBrains Mono", "fonts-jetbrains-mono", "Apache-2.0", "truetype/jetbrains-mono/JetBrainsMono-*.ttf"),
    Family("Karla", "fonts-karla", "OFL-1.1", "truetype/karla/Karla-*.otf"),
    Family("Linux Libertine", "fonts-linuxlibertine", "OFL-1.1", "opentype/linux-libertine/Lin*_R*.otf"),
    Family("Manrope", "fonts-manrope", "OFL-1.1", "truetype/manrope/Manrope-*.ttf"),
    Family("Quattrocento", "fonts-quattrocento", "OFL-1.1", "opentype/quattrocento/Quattrocento-Regular.otf"),
]


def files(family):
    """The font files of a family, in the order of their names."""
    found = []
    for pattern in family.patterns.split():
        matched = glob.glob(os.path.join(ROOT, pattern))
        if not matched:
            sys.exit(f"{family.name}: there is no {pattern} under {ROOT}; apt-get install {family.package}")
        found += matched
    return sorted(set(found))


def packages():
    return sorted({p for f in TRAINING + HELD_OUT for p in f.package.split()})


def version(package):
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], check=True, capture_output=True, text=True).stdout


def table():
    print("| family | used for | files | Debian packages | licence |\n|---|---|---|---|---|")
    for use, families in ("training", TRAINING), ("test", HELD_OUT):
        for f in families:
            named = ", ".join(f"{p} {version(p)}" for p in f.package.split())
            print(f"| {f.name} | {use} | {len(files(f))} | {named} | {f.licence} |")


if __name__ == "__main__":
    if sys.argv[1:] == ["packages"]:
        print(" ".join(packages()))
    else:
        table()
