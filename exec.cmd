@rem The scripts of package.json say "exec", so that no shell stands between npm and the program: on Ctrl-C it would
@rem be gone at once, and npm with it, while the program still stops in order. Windows has no "exec"; this is it.
@%*
