from uku.cli import main

main()
