@rem The command line, from any folder: sluice pipelines. Installs what is missing, and finds the right Node.
@node "%~dp0tools\launch.cjs" sluice %*
