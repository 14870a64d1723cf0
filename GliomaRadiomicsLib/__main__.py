"""`python -m GliomaRadiomicsLib` is `glioma-radiomics`."""

from GliomaRadiomicsLib.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
